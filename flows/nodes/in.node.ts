// flows/nodes: what the box tells a flow: events, cases, telemetry points.
import type { LocalCase } from '../../contract/local.ts';
import { getLink } from './link.ts';
import type { Red } from './red.ts';
import { filterOf, listen, showLink } from './shared.ts';

/** `kerb event`: a message for each event; payload is the contract's event, topic its code. */
export function kerbEvent(red: Red): void {
  red.nodes.registerType('kerb event', function (config) {
    red.nodes.createNode(this, config);
    const passes = filterOf(config);
    showLink(red, this);
    listen(this, 'event', (event) => {
      if (!passes(event)) return;
      this.status({ fill: 'green', shape: 'dot', text: `${event.code} ${event.zone}` });
      this.send({ topic: event.code, payload: event });
    });
  });
}

/**
 * `kerb case in`: a message for each case that opens or closes, and one with the state when the flow starts or the
 * link comes back. payload: {change: "opened" | "closed" | "state", open: how many pass the filter, case?}
 */
export function kerbCaseIn(red: Red): void {
  red.nodes.registerType('kerb case in', function (config) {
    red.nodes.createNode(this, config);
    const passes = filterOf(config);
    showLink(red, this);
    const link = getLink();
    let known: Set<string> | undefined;
    const tell = (change: string, more: { case?: LocalCase }, open: number) => {
      this.status({ fill: open > 0 ? 'yellow' : 'green', shape: 'dot', text: red._('kerb.open', { n: open }) });
      this.send({ topic: more.case?.code ?? '', payload: { change, open, ...more } });
    };
    let last = new Map<string, LocalCase>();
    const look = (all: ReadonlyMap<string, LocalCase>) => {
      const now = new Map([...all].filter(([, one]) => passes(one)));
      if (known === undefined) tell('state', {}, now.size);
      else {
        // the count is the one after all of them: a flow that switches by it never sees a passing state
        for (const [id, one] of now) if (!known.has(id)) tell('opened', { case: one }, now.size);
        for (const [id, one] of last) if (!now.has(id)) tell('closed', { case: { ...one, open: false } }, now.size);
      }
      known = new Set(now.keys());
      last = now;
    };
    listen(this, 'open', look);
    listen(this, 'down', () => {
      known = undefined;
    });
    // the flow's other nodes are made after this one: they hear of the state once all of them stand
    const first = setTimeout(() => {
      if (link.up && known === undefined && link.known) look(link.open);
    }, 0);
    this.on('close', (_, done) => {
      clearTimeout(first);
      done();
    });
  });
}

/** `kerb telemetry`: a message for each telemetry point of the vehicle; payload is the contract's point. */
export function kerbTelemetry(red: Red): void {
  red.nodes.registerType('kerb telemetry', function (config) {
    red.nodes.createNode(this, config);
    showLink(red, this);
    listen(this, 'telemetry', (point) => {
      const speed = point.speed === null ? '-' : `${(point.speed * 3.6).toFixed(0)} km/h`;
      this.status({ fill: 'green', shape: 'dot', text: speed });
      this.send({ topic: 'telemetry', payload: point });
    });
  });
}
