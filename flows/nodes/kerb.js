// flows/nodes: Node-RED's registry wants a .js beside the .html of the same name.
export { default } from './kerb.node.ts';
