// agent/console page: the map as a thing that is moved: by finger, mouse, wheel and keys, or by the vehicle that it
// follows. In: pointer, wheel and key events, the signals of the drive. Out: drawn frames, and the scale bar's length.
import { effect, signal } from '@preact/signals';
import { place, sight, streets, trail } from './drive.ts';
import { dragged, fitted, type Size, type Spot, scaleBar, type View, zoomed } from './geo.ts';
import { drawMap } from './mapdraw.ts';
import { lang, theme } from './prefs.ts';

/** Pixels per Mercator metre when a place is first shown. */
const FIRST_SCALE = 0.55;
const BAR_ROOM = 110;
/** Further than this a new place is a leap, not a way; and how long a way takes on the screen, ms. */
const LEAP = 150;
const GLIDE_MS = 950;
const KEY_STEP = 60;
const TREMBLE = 4;

/** Whether the map keeps the vehicle in its middle. */
export const following = signal(true);
export const bar = signal<{ metres: number; pixels: number } | null>(null);

const still = matchMedia('(prefers-reduced-motion: reduce)');

/** One map on one canvas, from its mounting to its closing. */
export class MapView {
  readonly #canvas: HTMLCanvasElement;
  readonly #ends: (() => void)[] = [];
  readonly #fingers = new Map<number, [number, number]>();
  #size: Size = { width: 1, height: 1 };
  #view: View | null = null;
  /** whether the view is only of the streets, because nobody knew the vehicle */
  #overview = false;
  #dragging = false;
  #due = 0;
  /** the way of the marker from one place to the next */
  #from: Spot | null = null;
  #to: Spot | null = null;
  #began = 0;

  constructor(stage: HTMLElement, canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    const watch = new ResizeObserver(() => this.#resize());
    watch.observe(canvas);
    const schemes = [matchMedia('(prefers-color-scheme: dark)'), matchMedia('(prefers-contrast: more)')];
    const draw = () => this.#draw();
    for (const scheme of schemes) scheme.addEventListener('change', draw);
    this.#listen(stage);
    this.#ends.push(
      () => watch.disconnect(),
      () => cancelAnimationFrame(this.#due),
      () => {
        for (const scheme of schemes) scheme.removeEventListener('change', draw);
      },
      effect(() => {
        // a change of any of these draws anew
        void [streets.value, trail.value, sight.value, theme.value, lang.value];
        this.#goTo(place.value?.spot ?? null);
        if (following.value || this.#view === null) this.#centre();
        this.#draw();
      }),
    );
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  /** Zooms by a factor about the middle. */
  zoom(factor: number): void {
    this.#zoomAt(this.#size.width / 2, this.#size.height / 2, factor);
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    if (clientWidth === 0) return;
    this.#size = { width: clientWidth, height: clientHeight };
    this.#canvas.width = Math.round(clientWidth * devicePixelRatio);
    this.#canvas.height = Math.round(clientHeight * devicePixelRatio);
    this.#centre();
    cancelAnimationFrame(this.#due);
    this.#paint();
  }

  #goTo(spot: Spot | null): void {
    if (spot === this.#to) return;
    const here = this.#here();
    const way = spot && here ? Math.hypot(spot[0] - here[0], spot[1] - here[1]) : 0;
    this.#from = way > 0 && way < LEAP && sight.peek() === 'fix' && !still.matches ? here : spot;
    this.#to = spot;
    this.#began = performance.now();
  }

  #share(): number {
    return Math.min(1, (performance.now() - this.#began) / GLIDE_MS);
  }

  /** Where the marker is drawn now. */
  #here(): Spot | null {
    if (this.#from === null || this.#to === null) return this.#to;
    const share = this.#share();
    return [
      this.#from[0] + (this.#to[0] - this.#from[0]) * share,
      this.#from[1] + (this.#to[1] - this.#from[1]) * share,
    ];
  }

  /** Looks at the vehicle where it is followed; first of all at the streets where nobody knows the vehicle. */
  #centre(): void {
    const here = this.#here();
    if (following.peek() && here) {
      const scale = this.#overview ? FIRST_SCALE : (this.#view?.scale ?? FIRST_SCALE);
      this.#view = { x: here[0], y: here[1], scale };
      this.#overview = false;
    }
    const map = streets.peek();
    if (this.#view !== null || map === null || map === 'none' || this.#size.width <= 1) return;
    const spots = map.lines.flatMap((line) => line.spots);
    this.#view = fitted(spots, this.#size);
    this.#overview = true;
  }

  #draw(): void {
    cancelAnimationFrame(this.#due);
    this.#due = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    if (following.peek()) this.#centre();
    const view = this.#view;
    if (view === null || this.#size.width <= 1) return;
    const here = this.#here();
    const map = streets.peek();
    drawMap(this.#canvas, {
      view,
      size: this.#size,
      streets: map === 'none' ? null : map,
      trail: trail.peek(),
      marker: here && { spot: here, track: place.peek()?.track ?? null, fresh: sight.peek() === 'fix' },
    });
    this.#canvas.dataset['scale'] = view.scale.toPrecision(5);
    this.#canvas.dataset['middle'] = `${view.x.toFixed(1)} ${view.y.toFixed(1)}`;
    const next = scaleBar(view, BAR_ROOM);
    if (next.metres !== bar.peek()?.metres || Math.abs(next.pixels - bar.peek()!.pixels) > 0.5) bar.value = next;
    if (this.#share() < 1 && this.#from !== this.#to) this.#draw();
  }

  #zoomAt(px: number, py: number, factor: number): void {
    if (this.#view === null) return;
    this.#view = zoomed(this.#view, this.#size, px, py, factor);
    if (following.peek()) this.#centre();
    this.#draw();
  }

  #pan(dx: number, dy: number): void {
    if (this.#view === null) return;
    following.value = false;
    this.#view = dragged(this.#view, dx, dy);
    this.#draw();
  }

  #listen(stage: HTMLElement): void {
    const on = <K extends keyof HTMLElementEventMap>(name: K, take: (event: HTMLElementEventMap[K]) => void) => {
      stage.addEventListener(name, take, { passive: false });
      this.#ends.push(() => stage.removeEventListener(name, take));
    };
    const at = (event: MouseEvent): [number, number] => {
      const { left, top } = this.#canvas.getBoundingClientRect();
      return [event.clientX - left, event.clientY - top];
    };
    const release = (event: PointerEvent) => {
      this.#fingers.delete(event.pointerId);
      if (this.#fingers.size === 0) this.#dragging = false;
    };
    on('pointerdown', (event) => {
      if (event.target !== this.#canvas || event.button !== 0) return;
      this.#canvas.setPointerCapture(event.pointerId);
      this.#fingers.set(event.pointerId, at(event));
    });
    on('pointermove', (event) => this.#move(event.pointerId, at(event)));
    on('pointerup', release);
    on('pointercancel', release);
    on('wheel', (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
      this.#zoomAt(...at(event), Math.exp(-Math.max(-200, Math.min(200, event.deltaY * lines)) / 400));
    });
    on('dblclick', (event) => {
      if (event.target === this.#canvas) this.#zoomAt(...at(event), 2);
    });
    on('keydown', (event) => this.#key(event, stage));
  }

  /** One finger moves the map, two zoom it about the middle between them. */
  #move(id: number, spot: [number, number]): void {
    const before = this.#fingers.get(id);
    if (before === undefined) return;
    // a finger that only taps trembles a little
    if (!this.#dragging && Math.hypot(spot[0] - before[0], spot[1] - before[1]) < TREMBLE) return;
    this.#dragging = true;
    this.#fingers.set(id, spot);
    const other = [...this.#fingers].find(([key]) => key !== id)?.[1];
    if (other === undefined) {
      this.#pan(spot[0] - before[0], spot[1] - before[1]);
      return;
    }
    const span = (one: [number, number]) => Math.max(10, Math.hypot(one[0] - other[0], one[1] - other[1]));
    if (!following.peek()) this.#pan((spot[0] - before[0]) / 2, (spot[1] - before[1]) / 2);
    this.#zoomAt((spot[0] + other[0]) / 2, (spot[1] + other[1]) / 2, span(spot) / span(before));
  }

  #key(event: KeyboardEvent, stage: HTMLElement): void {
    if (event.target !== stage || event.altKey || event.ctrlKey || event.metaKey) return;
    const ways: Record<string, () => void> = {
      ArrowLeft: () => this.#pan(KEY_STEP, 0),
      ArrowRight: () => this.#pan(-KEY_STEP, 0),
      ArrowUp: () => this.#pan(0, KEY_STEP),
      ArrowDown: () => this.#pan(0, -KEY_STEP),
      '+': () => this.zoom(1.5),
      '=': () => this.zoom(1.5),
      '-': () => this.zoom(1 / 1.5),
      f: () => {
        following.value = true;
      },
    };
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    way();
  }
}
