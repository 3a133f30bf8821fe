"""From a view to the formats of files, and what notebooks show.

- The drawing: draw_view.py makes shapes (shapes.py) of a view. canvas.py says where everything
  stands, by way of the layout; draw_tiles.py, draw_links.py (with curves.py, and state_routes.py
  for what goes round loops) and legend.py draw; style.py says how shapes and letters look,
  lettering.py how wide text is.
- Files of it: write.py chooses between to_svg.py, to_tikz.py and to_image.py (PNG and PDF), in the
  size that lengths.py reads.
- Graphviz: to_dot.py writes its language, run_graphviz.py has it drawn.
- Data for other programs: to_mermaid.py, a flowchart folded as the picture is; to_graphml.py and
  to_model_explorer.py, all of a scene, with modules as module_paths.py names them;
  treescope_trees.py, a tensor or module as Treescope shows it.
- Others: norm_map.py (the norms of a training run), notebook_cards.py (a tensor or module in a
  notebook), browser.py (hands a page to the user's browser).
"""
