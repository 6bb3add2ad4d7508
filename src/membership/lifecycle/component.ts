/** The parts of a node that start and stop, and the order in which they do: behind what each needs, else as written. */
import { type Duration, durationMs, invalidOption } from '../../base/index.ts';

export interface ComponentContext {
  /** Aborts when it is not wanted any more, or takes too long. */
  readonly signal: AbortSignal;
  /** For later: the component cannot go on, and the node with it. */
  readonly fail: (error: unknown) => void;
}

export interface Component {
  /** For errors and for `needs`; no other has it. */
  readonly name: string;
  /** Names of components that are started before and stopped behind it. */
  readonly needs?: readonly string[];
  /**
   * Resolves when the component is usable. A start that fails cleans up behind itself: nobody stops what has not
   * started.
   */
  start(context: ComponentContext): Promise<void> | void;
  /** Resolves when nothing of it runs any more. Asked once, of a component that has started. */
  stop(context: { readonly signal: AbortSignal }): Promise<void> | void;
  /** Default 30 s. */
  readonly startWithin?: Duration;
  /** Default 10 s. */
  readonly stopWithin?: Duration;
}

/** A component whose options were looked at. */
export interface OrderedComponent {
  readonly component: Component;
  readonly startMs: number;
  readonly stopMs: number;
}

/** The order of starting. Refuses names that are there twice or not at all, and needs that go in a circle. */
export function ordered(components: readonly Component[]): readonly OrderedComponent[] {
  const byName = new Map<string, Component>();
  for (const component of components) {
    if (typeof component.name !== 'string' || component.name === '' || byName.has(component.name)) {
      throw invalidOption('components.name', component.name, 'a name that no other component has');
    }
    byName.set(component.name, component);
  }
  const order: OrderedComponent[] = [];
  const placed = new Set<string>();
  const place = (component: Component, path: readonly string[]): void => {
    if (placed.has(component.name)) return;
    const way = [...path, component.name];
    if (path.includes(component.name)) {
      throw invalidOption('components.needs', way.join(' → '), 'needs that do not go in a circle');
    }
    for (const name of component.needs ?? []) {
      const needed = byName.get(name);
      if (needed === undefined) throw invalidOption('components.needs', name, 'the name of a component');
      place(needed, way);
    }
    placed.add(component.name);
    order.push(withTimes(component));
  };
  for (const component of components) place(component, []);
  return order;
}

function withTimes(component: Component): OrderedComponent {
  return {
    component,
    startMs: durationMs(component.startWithin ?? '30s', `${component.name}.startWithin`),
    stopMs: durationMs(component.stopWithin ?? '10s', `${component.name}.stopWithin`),
  };
}
