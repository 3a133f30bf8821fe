"""From a view to text: SVG, Graphviz's language, and what notebooks show.

- SVG: to_svg.py puts it together. canvas.py says where everything stands, by way of the layout;
  draw_tiles.py, draw_links.py (with curves.py) and legend.py draw; style.py is the style sheet
  inside, lettering.py knows how wide text is and how it is written in XML.
- Graphviz: to_dot.py writes its language, run_graphviz.py has it drawn.
- Data for other programs: to_mermaid.py, a flowchart folded as the picture is; to_graphml.py and
  to_model_explorer.py, all of a scene, with modules as module_paths.py names them;
  treescope_trees.py, a tensor or module as Treescope shows it.
- Others: norm_map.py (the norms of a training run), notebook_cards.py (a tensor or module in a
  notebook), browser.py (hands a page to the user's browser).
"""
