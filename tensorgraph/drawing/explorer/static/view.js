// The view with some items open: tiles, the links between them, the outlines around them. As drawing/view does it in
// Python, but anew for every fold.

const SMALL = 40; // a graph of so few boxes starts with all of it open
const MOST_PILLS = 6; // beside a folded tile
const FEW = 12; // equal parts of so few operations in all are not folded at the start

/** The items that are open at first: level by level, as long as there are no more than MAX_NODES tiles. */
function openAtFirst(scene) {
  const open = new Set([scene.root]);
  if (scene.boxes.length <= SMALL) return new Set([scene.root, ...preorder(scene.root).filter((item) => item.children.length)]);
  let tiles = scene.root.children.length;
  let level = [scene.root];
  while (level.length) {
    const next = level.flatMap((item) => item.children).filter((item) => opensByItself(item));
    level = [];
    for (const item of next) {
      if (tiles + item.children.length - 1 > MAX_NODES) continue;
      tiles += item.children.length - 1;
      open.add(item);
      level.push(item);
    }
  }
  // Leaves that stand by themselves count, too.
  while (viewOf(scene, open).tiles.length > MAX_NODES && open.size > 1) open.delete([...open].pop());
  return open;
}

function opensByItself({ kind, boxes }) {
  return kind === "module" || kind === "part" || (kind === "repeat" && boxes.length <= FEW);
}

/**
 * Return the tiles, links, saved links and open groups of a scene, given the open items.
 * A tile is {key, item, leaf, group, pills, boxes, first, differentiable}.
 */
function viewOf(scene, open) {
  const items = preorder(scene.root, (item) => open.has(item));
  const groups = items.filter((item) => open.has(item));
  const tiles = items.filter((item) => !open.has(item)).map(tileOfItem);
  const view = { tiles, groups, tileOf: new Map(), dockedOn: new Map() };
  for (const tile of tiles) for (const box of tile.boxes) view.tileOf.set(box.id, tile);
  for (const box of scene.boxes) if (isLeaf(box)) placeLeaf(view, box, scene);
  for (const tile of tiles) if (tile.item && tile.item.kind !== "op") tile.pills = gathered(tile);
  view.links = linksOf(view, scene);
  view.savedLinks = savedLinksOf(view, scene);
  return view;
}

function tileOfItem(item) {
  return {
    key: item.key, item, leaf: null, group: item.parent, pills: [], boxes: item.boxes, first: item.first,
    differentiable: item.boxes.some((box) => box.differentiable),
  };
}

/** A leaf is docked to its user; used by a few tiles, it is a tile itself. */
function placeLeaf(view, box, scene) {
  const users = [...new Set(box.uses.map((use) => view.tileOf.get(use.target)))];
  if (users.length > 1 && users.length <= MOST_USERS && box.kind !== "constant") return addLeafTile(view, box, users);
  if (!users.length) return scene.outputs.includes(box.id) && addLeafTile(view, box, [scene.root]);
  for (const user of users) {
    if (user.item.kind === "op" || isData(box)) user.pills.push({ boxes: [box], tile: user });
  }
  view.dockedOn.set(box.id, users);
}

/** What comes from outside is seen on folded modules, too; their parameters are not. */
function isData(box) {
  return box.kind === "input" || (box.kind === "constant" && box.name && box.shape.length > 0);
}

/** On a folded tile one pill stands for all leaves that read the same, and the last one for those without room. */
function gathered(tile) {
  const alike = new Map();
  for (const { boxes: [box] } of tile.pills) {
    const text = leafText(box);
    if (!alike.has(text)) alike.set(text, { boxes: [], tile });
    alike.get(text).boxes.push(box);
  }
  const pills = [...alike.values()];
  if (pills.length <= MOST_PILLS) return pills;
  const rest = pills.splice(MOST_PILLS - 1).flatMap(({ boxes }) => boxes);
  return [...pills, { boxes: rest, tile }];
}

/** It stands before all that take it, or that hold what does. */
function addLeafTile(view, box, users) {
  const group = users.map((user) => user.group ?? user).reduce(commonGroup);
  const takers = users.flatMap(({ item }) => ancestors(item).filter(({ parent }) => parent === group));
  const tile = {
    key: `box ${box.id}`, item: null, leaf: box, pills: [], boxes: [box], group, differentiable: box.differentiable,
    first: Math.min(box.id, ...takers.map(({ first }) => first - 0.5)),
  };
  view.tiles.push(tile);
  view.tileOf.set(box.id, tile);
}

function ancestors(item) {
  const chain = [];
  for (; item; item = item.parent) chain.push(item);
  return chain;
}

/** The innermost open group around two. */
function commonGroup(a, b) {
  const around = new Set(ancestors(a));
  return ancestors(b).find((item) => around.has(item));
}

/** One link for all wires between two tiles. */
function linksOf(view, scene) {
  const links = new Map();
  for (const box of scene.boxes) {
    for (const wire of box.wires) {
      const source = view.tileOf.get(wire.source);
      const target = view.tileOf.get(box.id);
      if (!source || source === target) continue;
      const link = ensure(links, source.key, target.key, { source, target, wires: [], bytes: 0, gradient: false });
      link.wires.push({ ...wire, target: box.id });
      link.bytes = Math.max(link.bytes, scene.boxes[wire.source].bytes);
      link.gradient ||= box.differentiable && scene.boxes[wire.source].differentiable && !wire.stops;
    }
  }
  return [...links.values()];
}

/** From the tile whose value is kept to the gradient that reads it. */
function savedLinksOf(view, scene) {
  const links = new Map();
  for (const id of scene.backward) {
    const target = view.tileOf.get(id);
    for (const kept of savedBoxes(scene.boxes[id])) {
      const source = view.tileOf.get(kept) ?? target; // a docked leaf stands on its user's tile
      ensure(links, source.key, target.key, { source, target, boxes: new Set() }).boxes.add(kept);
    }
  }
  return [...links.values()];
}

function ensure(links, source, target, fresh) {
  const key = `${source}>${target}`;
  if (!links.has(key)) links.set(key, fresh);
  return links.get(key);
}
