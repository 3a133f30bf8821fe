"""The geometry of pictures: what every drawing keeps to, whatever the graph."""

import itertools
import math

import pytest
from hypothesis import given, strategies as st

from benchmarks.layout import GRAPHS, Graph, chain, mlp, residual, transformer
from tensorgraph.drawing.layout import place
from tensorgraph.drawing.layout.components import shelves
from tensorgraph.drawing.layout.layers import LONGEST, Net, layers_of
from tensorgraph.drawing.layout.order import _crossings, ordered_rows
from tensorgraph.drawing.layout.ranks import ranks_of
from tensorgraph.drawing.layout.relax import _apart
from tensorgraph.drawing.layout.routes import RAILS, tidy

HEADER = (60.0, 20.0)


@st.composite
def graphs(draw):
    """Graphs without cycles, their tiles in nested frames that follow each other."""
    g = Graph()
    count = draw(st.integers(0, 24))
    size = st.sampled_from([0.0, 1.0, 24.0, 60.0, 171.5])
    open_frames = [None]
    for u in range(count):
        change = draw(st.integers(0, 5))
        if change == 0 and len(open_frames) < 4:
            open_frames.append(g.frame(open_frames[-1]))
        elif change == 1 and len(open_frames) > 1:
            open_frames.pop()
        g.sizes.append((draw(size), draw(size)))
        g.groups.append(open_frames[-1])
        sources = draw(st.lists(st.integers(0, u - 1), max_size=3)) if u else []
        g.links += [(source, u) for source in sources]
    return g


def drawn(g, **options):
    return place(g.sizes, g.links, groups=g.groups, parents=g.parents, **options)


def area(center, size):
    (x, y), (w, h) = center, size
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def overlap(a, b, slack=1e-6):
    return (
        a[0] < b[2] - slack and b[0] < a[2] - slack and a[1] < b[3] - slack and b[1] < a[3] - slack
    )


def inside(a, b, slack=1e-6):
    return (
        a[0] >= b[0] - slack and a[1] >= b[1] - slack and a[2] <= b[2] + slack
        and a[3] <= b[3] + slack
    )  # fmt: skip


def frames_around(g, frame):
    while frame is not None:
        yield frame
        frame = g.parents[frame]


def check(g, p, headers=False):
    tiles = [area(*pair) for pair in zip(p.centers, g.sizes, strict=True)]
    whole = (0, 0, *p.size)
    for (_, a), (_, b) in itertools.combinations(enumerate(tiles), 2):
        assert not overlap(a, b)
    for u, tile in enumerate(tiles):
        assert inside(tile, whole)
        around = set(frames_around(g, g.groups[u]))
        for f, box in enumerate(p.frames):
            assert inside(tile, box) if f in around else not overlap(tile, box), (
                "frames hold theirs"
            )
            if headers and f in around:
                assert tile[1] >= box[1] + HEADER[1]
    for f, h in itertools.combinations(range(len(p.frames)), 2):
        if f in frames_around(g, h):
            assert inside(p.frames[h], p.frames[f])
        elif h not in frames_around(g, f):
            assert not overlap(p.frames[h], p.frames[f])
    for (u, v), route in zip(g.links, p.routes, strict=True):
        assert tiles[u][3] <= tiles[v][1] + 1e-6, "links run downward"
        if not route:
            continue
        assert all(a != b for a, b in itertools.pairwise(route))
        assert route[0][1] == pytest.approx(tiles[u][3])
        assert route[-1][1] == pytest.approx(tiles[v][1])
        assert tiles[u][0] <= route[0][0] <= tiles[u][2]
        assert tiles[v][0] - 1e-6 <= route[-1][0] <= tiles[v][2] + 1e-6
        for (x0, y0), (x1, y1) in itertools.pairwise(route):
            # A curve with upright ends stays in the rectangle between them.
            box = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
            box = (box[0] - 0.1, box[1] + 0.1, box[2] + 0.1, box[3] - 0.1)
            assert inside((x0, y0, x1, y1), whole) or inside((x1, y1, x0, y0), whole)
            for w, tile in enumerate(tiles):
                assert w in (u, v) or not overlap(box, tile), "links pass beside tiles"


@given(graphs())
def test_tiles_stand_apart_links_run_down_and_frames_hold_their_own(g):
    check(g, drawn(g))


@given(graphs())
def test_titles_of_frames_stay_free(g):
    p = drawn(g, headers=[HEADER] * len(g.parents))
    check(g, p, headers=True)
    assert all(x1 - x0 >= HEADER[0] for x0, _, x1, _ in p.frames)


@given(graphs())
def test_the_same_graph_gives_the_same_drawing(g):
    assert drawn(g) == drawn(g)


@given(graphs())
def test_a_drawing_to_the_right_is_one_downward_on_its_side(g):
    p = drawn(g, direction="right")
    turned = Graph([(h, w) for w, h in g.sizes], g.links, g.groups, g.parents)
    q = drawn(turned)
    assert p.centers == [(y, x) for x, y in q.centers]
    assert p.frames == [(y0, x0, y1, x1) for x0, y0, x1, y1 in q.frames]
    assert p.size == q.size[::-1]
    assert p.routes == [[(y, x) for x, y in route] for route in q.routes]


def test_the_title_of_a_frame_is_on_top_also_in_a_drawing_to_the_right():
    p = place([(50, 20)], [], groups=[0], parents=[None], headers=[(90, 30)], direction="right")
    (x0, y0, x1, y1), (_, y) = p.frames[0], p.centers[0]
    assert x1 - x0 >= 90
    assert y - 10 - y0 >= 30 > y1 - (y + 10)


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_of_the_benchmark(name):
    check(GRAPHS[name], drawn(GRAPHS[name]))


def test_nothing_and_one_tile():
    assert place([], []).size == (0.0, 0.0)
    p = place([(40.0, 20.0)], [])
    assert p.centers == [(20.0, 10.0)]
    assert p.size == (40.0, 20.0)
    assert p.ranks == [0]


def test_an_empty_frame_has_room_for_its_title():
    p = place([], [], parents=[None, 0], headers=[(50, 20), (80, 20)])
    assert inside(p.frames[1], p.frames[0])
    assert p.frames[1][2] - p.frames[1][0] >= 80


def test_links_to_oneself_have_no_route_and_repeated_ones_the_same():
    p = place([(40, 20)] * 2, [(0, 0), (0, 1), (0, 1)])
    assert p.routes[0] == []
    assert p.routes[1] == p.routes[2] != []


def test_a_cycle_is_drawn_all_the_same():
    p = place([(40, 20)] * 3, [(0, 1), (1, 2), (2, 0)])
    ys = [y for _, y in p.centers]
    assert ys == sorted(set(ys))
    assert p.routes[2][0][1] > p.routes[2][-1][1], "only what closes the cycle runs up"


def test_frames_that_need_each_other_stay_apart():
    # 0 and 2 in a frame, 1 between them is not: the frame reads what it feeds.
    p = place([(40, 20)] * 3, [(0, 1), (1, 2)], groups=[0, None, 0], parents=[None])
    assert not overlap(area(p.centers[1], (40, 20)), p.frames[0])
    assert all(p.routes)


def test_parts_without_links_stand_side_by_side_and_then_in_rows():
    p = place([(40, 20)] * 100, [])
    assert len({y for _, y in p.centers}) > 5
    assert 1 < p.size[0] / p.size[1] < 3
    p = place([(40, 20)] * 4, [(0, 1), (2, 3)])
    assert p.centers[0][1] == p.centers[2][1]


def test_shelves_keep_order_and_distance():
    corners, size = shelves([(10, 10), (30, 5), (10, 20), (5, 5)], 2)
    boxes = [(x, y, x + w, y + h) for (x, y), (w, h) in
             zip(corners, [(10, 10), (30, 5), (10, 20), (5, 5)], strict=True)]  # fmt: skip
    assert not any(overlap(a, b) for a, b in itertools.combinations(boxes, 2))
    assert size == (max(b[2] for b in boxes), max(b[3] for b in boxes))
    assert shelves([], 2) == ([], (0.0, 0.0))


# ------------------------------------------------------------------------------------------ ranks


def test_sources_and_what_only_serves_them_stand_just_above_their_reader():
    #  0 → 1 → 2 → 3 → 4,  5 → 6 → 4
    ranks = ranks_of(7, [(0, 1), (1, 2), (2, 3), (3, 4), (5, 6), (6, 4)])
    assert ranks == [0, 1, 2, 3, 4, 2, 3]


def test_a_branch_from_a_shared_value_begins_below_it():
    ranks = ranks_of(5, [(0, 1), (1, 2), (2, 3), (0, 4), (4, 3)])
    assert ranks[4] == 1
    #  0 → 1 → 2 → 3 → 4,  0 → 5 → 6 → 4
    ranks = ranks_of(7, [(0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (5, 6), (6, 4)])
    assert ranks[5:] == [1, 2]


# -------------------------------------------------------------------------------- order and lines


def test_a_tree_has_no_crossings_even_if_its_leaves_are_shuffled():
    nets = [Net(0, 0.0, ((5, 0.0), (4, 0.0))), Net(4, 0.0, ((1, 0.0), (6, 0.0))),
            Net(5, 0.0, ((2, 0.0), (3, 0.0)))]  # fmt: skip
    layers = layers_of([10.0] * 7, [0, 2, 2, 2, 1, 1, 2], nets)
    rows = ordered_rows(layers, 3)
    assert _crossings(rows, layers) == 0


def test_rows_are_sorted_by_their_neighbours():
    nets = [Net(0, 0.0, ((3, 0.0), (4, 0.0))), Net(1, 0.0, ((4, 0.0), (5, 0.0))),
            Net(2, 0.0, ((3, 0.0),))]  # fmt: skip
    layers = layers_of([10.0] * 6, [0, 0, 0, 1, 1, 1], nets)
    assert _crossings([[0, 1, 2], [3, 4, 5]], layers) == 3
    assert _crossings(ordered_rows(layers, 2), layers) == 0


def test_crossings_are_counted():
    nets = [Net(u, 0.0, tuple((v, 0.0) for v in (3, 4, 5))) for u in range(3)]
    layers = layers_of([10.0] * 6, [0, 0, 0, 1, 1, 1], nets)
    assert _crossings([[0, 1, 2], [3, 4, 5]], layers) == 9  # K₃,₃ in two rows


def test_links_that_meet_at_one_place_of_a_tile_do_not_cross():
    nets = [Net(0, 0.0, ((2, 3.0),)), Net(1, 0.0, ((2, -3.0),))]
    layers = layers_of([10.0] * 3, [0, 0, 1], nets)
    assert _crossings([[0, 1], [2]], layers) == 1
    assert _crossings([[1, 0], [2]], layers) == 0


@pytest.mark.parametrize("graph", [mlp(8), residual(9), transformer(4)])
def test_the_longest_computation_is_one_straight_line(graph):
    p = drawn(graph)
    step = {}
    for u in range(len(graph.sizes)):
        step[u] = 1 + max((step[s] for s, v in graph.links if v == u), default=0)
    last = max(step, key=step.get)
    xs = set()
    while True:
        xs.add(round(p.centers[last][0], 3))
        sources = [s for s, v in graph.links if v == last]
        longest = [s for s in sources if step[s] == step[last] - 1]
        if len(longest) != 1:
            break
        last = longest[0]
    assert len(xs) == 1


def test_leaves_stand_left_of_the_main_line():
    p = drawn(mlp(4))
    main = p.centers[-1][0]
    assert all(x <= main + 1e-6 for x, _ in p.centers)


def test_a_chain_takes_no_more_width_than_its_widest_tile():
    g = chain(30)
    assert drawn(g).size[0] == max(w for w, _ in g.sizes)


def test_links_touch_tiles_at_their_anchors():
    p = place([(100, 20), (60, 20)], [(0, 1)], anchors=[30.0, -10.0])
    route = p.routes[0]
    assert len(route) == 2, "a straight line"
    assert route[0][0] == p.centers[0][0] + 30 == route[1][0] == p.centers[1][0] - 10


def test_a_link_enters_a_frame_off_its_middle_and_is_straight():
    # Tile 3 stands alone beside 1 → 2 in the frame, so their line is not in its middle.
    p = place([(40, 20)] * 3 + [(200, 20), (40, 20)], [(0, 1), (1, 2), (2, 4)],
              groups=[None, 0, 0, 0, None], parents=[None])  # fmt: skip
    x0, _, x1, _ = p.frames[0]
    assert abs(p.centers[1][0] - (x0 + x1) / 2) > 50
    assert [len(route) for route in p.routes] == [2, 2, 2]


def test_several_links_enter_a_tile_apart():
    p = place([(40, 20)] * 4, [(0, 3), (1, 3), (2, 3)])
    ends = sorted(route[-1][0] for route in p.routes)
    assert all(b - a > 5 for a, b in itertools.pairwise(ends))
    starts = sorted(route[0][0] for route in p.routes)
    assert [p.routes[i][-1][0] for i in sorted(range(3), key=lambda i: p.routes[i][0])] == ends
    assert len(set(starts)) == 3


def test_a_link_past_many_rows_runs_on_a_rail_at_the_left():
    g = chain(LONGEST + 3)
    g.links.append((0, LONGEST + 2))
    p = drawn(g)
    check(g, p)
    left = min(x - w / 2 for (x, _), (w, _) in zip(p.centers, g.sizes, strict=True))
    assert min(x for x, _ in p.routes[-1]) < left
    near = chain(LONGEST + 3)
    near.links.append((0, LONGEST))
    q = drawn(near)
    left = min(x - w / 2 for (x, _), (w, _) in zip(q.centers, near.sizes, strict=True))
    assert min(x for x, _ in q.routes[-1]) > left - 40
    assert len(q.routes[-1]) > 2


def test_links_without_a_free_rail_have_no_route():
    g = chain(60)
    g.links += [(u, u + 30) for u in range(RAILS + 3)]
    p = drawn(g)
    check(g, p)
    without = [route for route in p.routes if not route]
    assert len(without) == 3


def test_rails_are_used_again_further_down():
    g = chain(200)
    g.links += [(u, u + 15) for u in range(0, 180, 20)]
    p = drawn(g)
    rails = {min(x for x, _ in route) for route in p.routes[199:]}
    assert len(rails) == 1


def test_a_wide_drawing_is_drawn_together_exactly():
    # Two wish for the same place: they share the way to it. The third is content.
    assert _apart([10.0, 10.0, 50.0], [1.0, 1.0, 1.0], [6.0, 6.0]) == [7.0, 13.0, 50.0]
    assert _apart([10.0, 10.0], [3.0, 1.0], [8.0]) == [8.0, 16.0]
    assert _apart([], [], []) == []


@pytest.mark.parametrize("graph", [transformer(80), chain(4000)])
def test_large_graphs_are_drawn_without_recursion(graph):
    p = drawn(graph)
    assert all(math.isfinite(x + y) for x, y in p.centers)
    assert len(set(p.centers)) == len(graph.sizes)


def test_what_differs_by_rounding_is_no_part_of_a_route():
    way = [(0.0, 0.0), (0.1 + 0.2, 5.0), (0.3, 9.0), (0.3, 9.0 + 1e-14)]
    assert tidy(way) == [(0.0, 0.0), (0.1 + 0.2, 5.0), (0.3, 9.0)]
    assert tidy([(0.1 + 0.2, 0.0), (0.3, 4.0), (0.3, 9.0)]) == [(0.1 + 0.2, 0.0), (0.3, 9.0)]
