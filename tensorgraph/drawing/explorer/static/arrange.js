// Layered layout (Sugiyama, Tagawa & Toda 1981) of the forward tiles, one open group at a time.
//
// Children are placed before their parents: to its parent, an open group is one big box. A link that
// crosses a group's border passes a port there. In one group: ranks by longest path, order by
// barycentres, and x by least squares under the rows' order (pool adjacent violators).

const GAP = { column: 26, row: 34, link: 14, pad: 18, header: 30 };
const SWEEPS = 12;
const PULL = { branch: 1, long: 2, chain: 8 }; // what is kept straight first

/**
 * Place the tiles of a view. Each tile needs {left, right, height}: its extent around its axis.
 * @returns {{places: Map, outlines: Map, routes: Map, width: number, height: number}} tile → {x, y},
 *   group → {x, y, width, height}, link → points
 */
function arrange(view) {
  const levels = new Map(view.groups.map((item) => [item, { item, nodes: new Map(), edges: new Map() }]));
  for (const tile of view.tiles) {
    addNode(levels.get(tile.group), tile.key, { tile, left: tile.left, right: tile.right, height: tile.height, order: tile.first });
  }
  for (const item of [...view.groups].reverse()) {
    if (item.parent) addNode(levels.get(item.parent), item.key, { level: levels.get(item), order: item.first });
  }
  const trails = new Map(view.links.map((link) => [link, leadThrough(levels, link)]));
  for (const [link, [[, edge], ...more]] of trails) if (!more.length) edge.noteWidth = link.noteWidth; // in one frame
  for (const item of [...view.groups].reverse()) layOutLevel(levels.get(item));
  return collect(levels, view, trails);
}

function addNode(level, key, node) {
  node.key = key;
  level.nodes.set(key, node);
  return node;
}

// --------------------------------------------------------------------------- links over the levels

/** Split a link into one edge per level it crosses; returns [level, edge] from source to target. */
function leadThrough(levels, { source, target }) {
  const common = commonGroup(source.group, target.group);
  const down = [];
  const name = source.key;
  let from = source.key;
  let group = source.group;
  let leaving = null;
  const trail = [];
  for (; group !== common; group = group.parent) {
    const level = levels.get(group);
    const port = portOf(level, `out ${name}`, Infinity);
    trail.push([level, addEdge(level, from, leaving, port.key, null, name)]);
    from = group.key;
    leaving = port;
  }
  let to = target.key;
  let entering = null;
  for (group = target.group; group !== common; group = group.parent) {
    const level = levels.get(group);
    const port = portOf(level, `in ${name}`, -Infinity);
    down.push([level, addEdge(level, port.key, null, to, entering, name)]);
    to = group.key;
    entering = port;
  }
  const top = levels.get(common);
  trail.push([top, addEdge(top, from, leaving, to, entering, name)]);
  return [...trail, ...down.reverse()];
}

function portOf(level, key, order) {
  return level.nodes.get(key) ?? addNode(level, key, { port: true, left: 5, right: 5, height: 0, order });
}

/** Links of one source share their way: an edge is made once. */
function addEdge(level, from, leaving, to, entering, name) {
  const key = `${from} ${to} ${name}`;
  if (!level.edges.has(key)) level.edges.set(key, { from, to, leaving, entering, name });
  return level.edges.get(key);
}

// ----------------------------------------------------------------------------------- one level

function layOutLevel(level) {
  if (!level.nodes.size) return Object.assign(level, { width: 0, height: 0 }); // an empty graph
  for (const node of level.nodes.values()) if (node.level) wrap(node);
  const edges = [...level.edges.values()].map((edge) => orient(level, edge));
  const rows = rank([...level.nodes.values()], edges);
  const segments = chain(level, edges, rows);
  const neighbours = connect(rows, segments);
  order(rows, segments, neighbours);
  position(rows, neighbours);
  measureLevel(level, rows);
}

/** A group's box becomes a node of its parent; its axis is the middle. */
function wrap(node) {
  node.left = node.right = node.level.width / 2;
  node.height = node.level.height;
}

/** An edge against the order of creation is laid out the other way round, so that ranks exist. */
function orient(level, edge) {
  const a = level.nodes.get(edge.from);
  const b = level.nodes.get(edge.to);
  edge.reversed = a.order > b.order;
  [edge.a, edge.b] = edge.reversed ? [b, a] : [a, b];
  edge.atA = offsetOf(edge.reversed ? edge.entering : edge.leaving);
  edge.atB = offsetOf(edge.reversed ? edge.leaving : edge.entering);
  return edge;
}

/** Where a port lies on its group's border, seen from the group's axis. */
function offsetOf(port) {
  return port ? port.x : 0;
}

function rank(nodes, edges) {
  const inner = nodes.filter((node) => !node.port).sort((p, q) => p.order - q.order);
  for (const node of nodes) node.succ = [], node.pred = [], node.rank = 0;
  for (const edge of edges) edge.a.succ.push(edge.b), edge.b.pred.push(edge.a);
  const top = nodes.some((node) => node.order === -Infinity) ? 1 : 0;
  for (const node of inner) node.rank = Math.max(top, ...node.pred.map((p) => p.rank + 1));
  for (const node of [...inner].reverse()) {
    const below = node.succ.filter((s) => !s.port).map((s) => s.rank);
    if (!node.pred.length && below.length) node.rank = Math.max(top, Math.min(...below) - 1);
  }
  const last = Math.max(top, ...inner.map((node) => node.rank)) + 1;
  for (const node of nodes) if (node.order === Infinity) node.rank = last;
  const rows = Array.from({ length: 1 + Math.max(...nodes.map((node) => node.rank)) }, () => []);
  for (const node of nodes) rows[node.rank].push(node);
  return rows;
}

/** Replace edges by segments between neighbouring rows; edges of one source share the dummies. */
function chain(level, edges, rows) {
  const chains = new Map();
  const segments = [];
  const join = (a, b, atA, atB) => segments.push({ a, b, atA, atB });
  for (const edge of edges) {
    const key = `${edge.a.key} ${edge.name} ${edge.reversed}`;
    if (!chains.has(key)) chains.set(key, []);
    const dummies = chains.get(key);
    for (let r = edge.a.rank + 1 + dummies.length; r < edge.b.rank; r++) {
      const dummy = { dummy: true, left: 3, right: 3, height: 0, order: edge.a.order, rank: r };
      const before = dummies.at(-1);
      join(before ?? edge.a, dummy, before ? 0 : edge.atA, 0);
      dummies.push(dummy);
      rows[r].push(dummy);
    }
    const span = edge.b.rank - edge.a.rank - 1;
    edge.dummies = dummies.slice(0, span);
    join(edge.dummies.at(-1) ?? edge.a, edge.b, span > 0 ? 0 : edge.atA, edge.atB);
  }
  return segments;
}

/** How much a segment wants to be straight: a chain without branches more than a branch. */
function pullOf({ a, b }, { above, below }) {
  if (below.get(a).length === 1 && above.get(b).length === 1) return PULL.chain;
  return a.dummy || b.dummy ? PULL.long : PULL.branch;
}

/** For each node, its neighbours above and below: {other, at, there, shift, segment}. */
function connect(rows, segments) {
  const above = new Map();
  const below = new Map();
  for (const row of rows) for (const node of row) above.set(node, []), below.set(node, []);
  for (const segment of segments) {
    const { a, b, atA, atB } = segment;
    const shift = a.level && b.level ? 0 : atB - atA; // open groups are lined up by their middles
    below.get(a).push({ other: b, at: atA, there: atB, shift, segment });
    above.get(b).push({ other: a, at: atB, there: atA, shift: -shift, segment });
  }
  for (const segment of segments) segment.pull = pullOf(segment, { above, below });
  return { above, below };
}

// -------------------------------------------------------------------------------------- order

/** Sweep down and up, sorting each row by the mean place of its neighbours; keep the best. */
function order(rows, segments, { above, below }) {
  for (const row of rows) row.sort((p, q) => p.order - q.order);
  number(rows);
  let best = rows.map((row) => [...row]);
  let fewest = crossings(rows, below);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) sortByNeighbours(row, down ? above : below);
    const found = crossings(rows, below);
    if (found < fewest) [fewest, best] = [found, rows.map((row) => [...row])];
  }
  best.forEach((row, r) => (rows[r] = row));
  number(rows);
}

function number(rows) {
  for (const row of rows) row.forEach((node, i) => (node.place = i));
}

function sortByNeighbours(row, neighbours) {
  for (const node of row) {
    const near = neighbours.get(node);
    node.mean = near.length ? sum(near.map(({ other, there }) => other.place + 1e-3 * there)) / near.length : node.place;
  }
  row.sort((p, q) => p.mean - q.mean || p.place - q.place);
  row.forEach((node, i) => (node.place = i));
}

function crossings(rows, below) {
  let total = 0;
  for (const row of rows) {
    const ends = row.flatMap((node) => {
      const near = [...below.get(node)].sort((p, q) => p.at - q.at);
      return near.map(({ other }) => other.place);
    });
    for (let i = 1; i < ends.length; i++) for (let j = 0; j < i; j++) if (ends[j] > ends[i]) total++;
  }
  return total;
}

function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}

// ----------------------------------------------------------------------------------- coordinates

function position(rows, { above, below }) {
  for (const row of rows) {
    let x = 0;
    row.forEach((node, i) => {
      x += i ? separation(row[i - 1], node) : 0;
      node.x = x;
    });
    for (const node of row) node.x -= x / 2;
  }
  for (let sweep = 0; sweep < 5 * SWEEPS; sweep++) {
    const both = sweep >= SWEEPS;
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      settle(row, (node) => {
        const near = (down ? above : below).get(node);
        const far = (down ? below : above).get(node);
        return both || !near.length ? [...near, ...far] : near;
      }, both ? 1 : 1000);
    }
  }
}

function separation(p, q) {
  return p.right + q.left + (p.dummy || q.dummy || p.port || q.port ? GAP.link : GAP.column);
}

/** Where a node would stand straight above or below a neighbour. */
function goal({ other, shift }) {
  return other.x + shift;
}

/**
 * Move the nodes of a row as near to their neighbours as their order and gaps allow. The smaller the
 * slack, the nearer is the sum of squares to that of lengths, which prefers one bend to many.
 */
function settle(row, neighboursOf, slack) {
  const blocks = [];
  let shift = 0;
  row.forEach((node, i) => {
    shift += i ? separation(row[i - 1], node) : 0;
    const near = neighboursOf(node);
    const goals = near.map((n) => ({ x: goal(n), pull: n.segment.pull / (Math.abs(goal(n) - node.x) + slack) }));
    const weight = sum(goals.map((g) => g.pull)) || 1e-6;
    const wish = goals.length ? sum(goals.map((g) => g.pull * g.x)) / weight : node.x;
    blocks.push({ nodes: [[node, shift]], weight, mean: wish - shift });
    while (blocks.length > 1 && blocks.at(-2).mean > blocks.at(-1).mean) {
      const last = blocks.pop();
      const block = blocks.at(-1);
      const both = block.weight + last.weight;
      block.mean = (block.mean * block.weight + last.mean * last.weight) / both;
      block.weight = both;
      block.nodes.push(...last.nodes);
    }
  });
  for (const { nodes, mean } of blocks) for (const [node, at] of nodes) node.x = mean + at;
}

// ---------------------------------------------------------------------------------------- sizes

/** Give rows their heights and the level its size; x is then counted from the level's middle. */
function measureLevel(level, rows) {
  const nodes = rows.flat();
  const low = Math.min(...nodes.map((node) => node.x - node.left));
  const high = Math.max(...nodes.map((node) => node.x + node.right), ...[...level.edges.values()].map(endOfNote));
  const inner = level.item.parent !== null;
  const pad = inner ? GAP.pad : 0;
  const title = inner ? textWidth(itemLabel(level.item), "title") + 40 : 0;
  level.width = Math.max(high - low + 2 * pad, title);
  for (const node of nodes) node.x -= (low + high) / 2;
  const ported = rows[0].length && rows[0].every((node) => node.port || node.dummy);
  let y = inner && !ported ? GAP.header : 0;
  level.rows = rows.map((row, r) => {
    const height = Math.max(0, ...row.map((node) => node.height));
    const band = { top: y, bottom: y + height };
    for (const node of row) node.y = node.tile?.leaf ? y + height - node.height / 2 : y + height / 2; // near what takes it
    y += height + (r === 0 && ported ? GAP.header + 4 : GAP.row);
    return band;
  });
  const open = rows.at(-1).some((node) => node.port);
  level.height = y - GAP.row + (inner && !open ? GAP.pad : 0);
  if (open) level.rows.at(-1).top = level.rows.at(-1).bottom = level.height;
}

/** How far to the right the note of an edge reaches, which stands at the middle of its way. */
function endOfNote({ a, atA, dummies, noteWidth }) {
  if (!noteWidth) return -Infinity;
  return noteWidth + (dummies.length ? dummies[(dummies.length - 1) >> 1].x : a.x + atA);
}

// ------------------------------------------------------------------------- from levels to the page

function collect(levels, view, trails) {
  const result = { places: new Map(), outlines: new Map(), routes: new Map() };
  for (const item of view.groups) {
    const level = levels.get(item);
    if (!item.parent) Object.assign(level, { x: level.width / 2, y: 0 });
    for (const node of level.nodes.values()) {
      if (node.tile) result.places.set(node.tile, { x: level.x + node.x, y: level.y + node.y });
      if (node.level) Object.assign(node.level, { x: level.x + node.x, y: level.y + node.y - node.height / 2 });
    }
    const { x, y, width, height } = level;
    result.outlines.set(item, { x: x - width / 2, y, width, height });
  }
  for (const [link, trail] of trails) result.routes.set(link, trail.flatMap(([level, edge]) => pointsOf(level, edge)));
  const { width, height } = levels.get(view.groups[0]);
  return { ...result, width, height };
}

/** The points of one edge: straight down through its own row, then on to the next. */
function pointsOf(level, { a, b, atA, atB, dummies, reversed }) {
  const at = (x, y) => [level.x + x, level.y + y];
  const points = [at(a.x + atA, a.y + a.height / 2), at(a.x + atA, level.rows[a.rank].bottom)];
  for (const { x, rank } of dummies) points.push(at(x, level.rows[rank].top), at(x, level.rows[rank].bottom));
  points.push(at(b.x + atB, level.rows[b.rank].top), at(b.x + atB, b.y - b.height / 2));
  return reversed ? points.reverse() : points;
}
