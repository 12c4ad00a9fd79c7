// Small helpers; HTML and SVG alike.

type Attributes = Record<string, string | number | boolean | undefined>;

function fill<E extends Element>(node: E, attributes: Attributes, children: (Node | string)[]): E {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false)
      node.setAttribute(name, value === true ? "" : String(value));
  node.append(...children);
  return node;
}

export function html<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** One time shared by the map and every timeline. */
export class Now {
  private readonly listeners: ((t: number) => void)[] = [];
  constructor(public t: number) {}
  set(t: number): void {
    this.t = t;
    for (const listener of this.listeners) listener(t);
  }
  follow(listener: (t: number) => void): void {
    this.listeners.push(listener);
    listener(this.t);
  }
}
