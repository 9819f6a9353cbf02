// models/add: how many boxes a network of known make gives for a picture size. In: a size. Out: numbers. Pure.
import type { AnchorLevels } from '../anchors.ts';

/** Cells of the three grids of YOLO networks. */
export function gridCells(width: number, height: number): number {
  return [8, 16, 32].reduce((sum, stride) => sum + Math.ceil(width / stride) * Math.ceil(height / stride), 0);
}

/** Of EfficientDet-Lite0 to 2 (hparams: levels 3 to 7, anchor scale 3, three octaves); Lite3 and 4 have a scale of 4. */
const octaves = [0, 1 / 3, 2 / 3];
/** width to height, in the order of the original */
const ratios = [1, 2, 0.5];

/** The anchors that EfficientDet-Lite has at a size. @returns levels for a card, and the number of boxes */
export function efficientDetAnchors(width: number, height: number): { levels: AnchorLevels; rows: number } {
  const scale = width >= 512 ? 4 : 3;
  const reference = width;
  let rows = 0;
  const levels = [8, 16, 32, 64, 128].map((stride) => {
    const columns = Math.ceil(width / stride);
    rows += columns * Math.ceil(height / stride) * octaves.length * ratios.length;
    // The stride is what really lies between two cells: at 320 pixels the last level has 3 cells, 106.7 pixels apart.
    const size = (scale * (width / columns)) / reference;
    const shapes = octaves.flatMap((octave) => ratios.map((ratio): [number, number] => [size * 2 ** octave, ratio]));
    return { stride, shapes };
  });
  return { levels: { reference, levels }, rows };
}

/** Sizes of an SSD MobileNet's six levels as fractions of the input, by the Object Detection API's usual .2 to .95. */
const ssdScales = [0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1];

/** The anchors that SSD MobileNet v1 and v2 have at a size, by the Object Detection API's usual configuration. */
export function ssdMobilenetAnchors(width: number, height: number): { levels: AnchorLevels; rows: number } {
  let rows = 0;
  const levels = [16, 32, 64, 128, 256, 512].map((stride, level) => {
    const [size, next] = [ssdScales[level]!, ssdScales[level + 1]!];
    // Few boxes at the finest level; 0.3333 is the original's own third.
    const shapes: [number, number][] =
      level === 0
        ? [
            [0.1, 1],
            [size, 2],
            [size, 0.5],
          ]
        : [
            [size, 1],
            [size, 2],
            [size, 0.5],
            [size, 3],
            [size, 0.3333],
            [Math.sqrt(size * next), 1],
          ];
    rows += Math.ceil(width / stride) * Math.ceil(height / stride) * shapes.length;
    return { stride, shapes };
  });
  return { levels: { reference: width, levels }, rows };
}
