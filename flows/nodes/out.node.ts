// flows/nodes: what a flow may ask of the box: a case, an output line, a picture. A refusal is shown on the node.
import { firstIssue } from '../../contract/envelope.ts';
import { flowCaseSchema } from '../../contract/local.ts';
import { getLink } from './link.ts';
import type { Red } from './red.ts';
import { showFault, showLink, textOf } from './shared.ts';

/** Without version and request: those are the link's. */
const draftSchema = flowCaseSchema.omit({ v: true, request: true });

/** `kerb case out`: reports msg.payload as a case; sends {id} once the box has taken it. */
export function kerbCaseOut(red: Red): void {
  red.nodes.registerType('kerb case out', function (config) {
    red.nodes.createNode(this, config);
    let refused = 0;
    showLink(red, this);
    this.on('input', (msg, send, done) => {
      const given = typeof msg.payload === 'object' && msg.payload !== null ? msg.payload : {};
      const code = textOf(config, 'code');
      const draft = draftSchema.safeParse({ certainty: 1, ...(code ? { code } : {}), ...given });
      if (!draft.success) {
        refused++;
        getLink().refuse();
        done(showFault(this, `${red._('kerb.refused', { n: refused })}: ${firstIssue(draft.error)}`));
        return;
      }
      getLink()
        .makeCase(draft.data)
        .then(
          ({ id }) => {
            this.status({ fill: 'green', shape: 'dot', text: `${draft.data.code} ${id ?? ''}` });
            send({ ...msg, payload: { id } });
            done();
          },
          (error: unknown) => {
            refused++;
            done(showFault(this, error));
          },
        );
    });
  });
}

const WORDS: Record<string, boolean> = { on: true, off: false, true: true, false: false, '1': true, '0': false };

/** `kerb line`: switches an output line by msg.payload: true or false, 1 or 0, "on" or "off". */
export function kerbLine(red: Red): void {
  red.nodes.registerType('kerb line', function (config) {
    red.nodes.createNode(this, config);
    const line = textOf(config, 'line');
    let wanted: boolean | undefined;
    let wait: Promise<unknown> = Promise.resolve();
    let waiting = 0;
    const set = async (on: boolean) => {
      await getLink().setLine(line, on);
      this.status({
        fill: on ? 'yellow' : 'grey',
        shape: 'dot',
        text: `${line} ${red._(on ? 'kerb.on' : 'kerb.off')}`,
      });
    };
    // one at a time and in order; of many that wait only the last is of interest
    const follow = (): Promise<unknown> => {
      if (waiting > 0) return wait;
      waiting++;
      wait = wait
        .catch(() => {})
        .then(() => {
          waiting--;
          return wanted === undefined ? undefined : set(wanted);
        });
      return wait;
    };
    const again = () => {
      if (wanted !== undefined) follow().catch((error: unknown) => showFault(this, error));
    };
    showLink(red, this);
    getLink().on('up', again);
    this.on('input', (msg, _, done) => {
      const value = WORDS[String(msg.payload).toLowerCase()];
      if (value === undefined || line === '') {
        done(showFault(this, red._(line === '' ? 'kerb.noLine' : 'kerb.noSwitch')));
        return;
      }
      wanted = value;
      follow().then(
        () => done(),
        (error: unknown) => done(showFault(this, error)),
      );
    });
    this.on('close', (_, done) => {
      getLink().off('up', again);
      if (wanted !== true || config['offAtEnd'] === false) return done();
      wanted = false;
      follow().then(done, () => done());
    });
  });
}

/** `kerb snapshot`: for each message one masked picture: payload is the JPEG, msg.camera and msg.at say whose and when. */
export function kerbSnapshot(red: Red): void {
  red.nodes.registerType('kerb snapshot', function (config) {
    red.nodes.createNode(this, config);
    const camera = textOf(config, 'camera');
    let busy = false;
    showLink(red, this);
    this.on('input', (msg, send, done) => {
      if (busy) return done(showFault(this, red._('kerb.busy')));
      busy = true;
      this.status({ fill: 'blue', shape: 'dot', text: red._('kerb.asked') });
      getLink()
        .snapshot(camera === '' ? undefined : camera)
        .then(
          ({ jpeg, camera: from, at, masked }) => {
            this.status({ fill: 'green', shape: 'dot', text: `${from} ${Math.ceil(jpeg.length / 1024)} kB` });
            send({ ...msg, payload: jpeg, camera: from, at, masked });
            done();
          },
          (error: unknown) => done(showFault(this, error)),
        )
        .finally(() => {
          busy = false;
        });
    });
  });
}
