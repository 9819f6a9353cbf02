// agent/main/flows: the lines of health about flows and output lines. Pure: states come in, plain sentences go out.
// Lines that begin with flow- are a technician's flow, not the program's: no release is judged by them (deploy/probe).
import type { HealthLine, Words } from '../../console/api.ts';
import type { FlowsState, OutputState } from '../../console/api-flows.ts';
import { START_MS } from './watch.ts';

/** An end is told for so long, ms. */
const ENDED_MS = 10 * 60_000;

/** @param now epoch ms */
export function flowsHealth(flows: FlowsState | null, outputs: readonly OutputState[], now: number): HealthLine[] {
  return [...(flows ? [processLine(flows, now), ...flowLines(flows, now)] : []), ...outputs.flatMap(outputLine)];
}

function processLine({ state, since, nodes, rss, faults }: FlowsState, now: number): HealthLine {
  const line = { id: 'flows', value: '' };
  if (state === 'gone') {
    return {
      ...line,
      level: now - since > START_MS ? 'bad' : 'warn',
      text: { zh: '流程进程未运行，案件照常上报', en: 'Flows do not run; cases go on as ever' },
      value: faults[0]?.what ?? '',
      remedy: {
        zh: '进程会自动重新启动；若一直不恢复，请查看系统日志',
        en: 'they are started again by themselves; if they stay away see the journal',
      },
    };
  }
  if (state === 'starting') return { ...line, level: 'warn', text: { zh: '流程正在启动', en: 'Flows are starting' } };
  const value = `${nodes} nodes, ${Math.round((rss ?? 0) / 1e6)} MB`;
  if (state === 'running') return { ...line, level: 'ok', text: { zh: '流程运行正常', en: 'Flows run' }, value };
  return { ...line, level: 'ok', text: { zh: '流程进程正常', en: 'The process of flows lives' }, value };
}

function flowLines({ state, ends, last_end, faults }: FlowsState, now: number): HealthLine[] {
  const lines: HealthLine[] = faults.map(({ code, what }) => ({
    id: `flow-${code.toLowerCase().replaceAll('_', '-')}`,
    level: 'bad',
    text: FAULTS[code]?.text ?? { zh: '流程有故障', en: 'A flow has a fault' },
    value: what,
    remedy: FAULTS[code]?.remedy ?? MEND,
  }));
  if (state === 'safe') {
    lines.push({
      id: 'flow-safe',
      level: 'bad',
      text: {
        zh: `流程连续 ${ends} 次异常结束，已进入安全模式：只加载，不运行`,
        en: `Flows ended their process ${ends} times in a row: safe mode, loaded but not run`,
      },
      value: last_end?.reason ?? '',
      remedy: MEND,
    });
  } else if (last_end && now - last_end.at < ENDED_MS) {
    lines.push({
      id: 'flow-ended',
      level: 'warn',
      text: {
        zh: '流程异常，其进程已被结束并重新启动；案件不受影响',
        en: 'A flow went wrong: its process was ended and started again; cases were not touched',
      },
      value: last_end.reason,
      remedy: {
        zh: '检查最近改动的流程；连续三次将进入安全模式',
        en: 'look at the flow that was changed last; three ends in a row start the safe mode',
      },
    });
  }
  return lines;
}

const MEND: Words = {
  zh: '打开编辑器修改流程，然后重新部署',
  en: 'open the editor, mend the flow and deploy it',
};

const FAULTS: Record<string, { text: Words; remedy: Words }> = {
  FLOWS_FILE: {
    text: { zh: '流程文件无法读取，已移到一旁', en: 'The flow file is no flow file; it was put aside' },
    remedy: {
      zh: '原文件保存为 flows.refused.json；请在编辑器里重新部署流程',
      en: 'it is kept as flows.refused.json; deploy the flow anew in the editor',
    },
  },
  FLOWS_MISSING_NODE: {
    text: { zh: '流程用到了本机没有的节点，未运行', en: 'A flow needs nodes that this box lacks; nothing runs' },
    remedy: { zh: '在编辑器里去掉这些节点，然后重新部署', en: 'take these nodes out in the editor and deploy' },
  },
  FLOWS_READY: {
    text: { zh: '没有这个现成流程', en: 'There is no ready flow of this name' },
    remedy: { zh: '在配置 flows.ready 中填写已有的名称', en: 'name one of flows/ready in flows.ready' },
  },
  LOCAL_PORT: {
    text: { zh: '本地消息端口被占用，流程无法连接', en: 'The port of the local broker is taken; flows cannot connect' },
    remedy: { zh: '在配置 flows.bus_port 中换一个端口，或填 0', en: 'give another in flows.bus_port, or 0' },
  },
};

function outputLine({ id, name, error }: OutputState): HealthLine[] {
  if (error === undefined) return [];
  return [
    {
      id: `output-${id}`,
      level: 'warn',
      text: { zh: `输出线「${name.zh}」无法控制`, en: `Output "${name.en}" cannot be switched` },
      value: error,
      remedy: { zh: '检查 GPIO 编号与权限', en: 'check the number of the GPIO and its permissions' },
    },
  ];
}
