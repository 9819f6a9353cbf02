// agent/console page: the words about flows and outputs in Chinese. Pure.
import type { enFlows } from './en-flows.ts';

export const zhFlows: typeof enFlows = {
  byFlow: (name, sure) => `由本机流程上报，没有图片：${name}，把握 ${sure} %。`,
  outputs: {
    title: '输出线',
    state: { 0: '断开', 1: '接通' },
    error: (why) => `该输出线无法控制：${why}`,
    hint: '由流程控制；流程不运行时保持断开。',
  },
  flows: {
    title: '流程',
    state: {
      starting: '启动中',
      running: '运行中',
      stopped: '未运行流程',
      safe: '安全模式，不运行',
      gone: '未运行',
    },
    facts: (nodes, memory) => `${nodes} 个节点 · ${memory}`,
    version: (name) => `Node-RED ${name}`,
    ended: (time, why) => `${time}曾被结束并重新启动：${why}`,
    hint: '流程把设备看到的和接在设备上的连起来，例如案件与警示灯。',
    editor: {
      title: '编辑器',
      closed: '已关闭。需要时限时打开，每次使用新密码。',
      open: (minutes) => `打开编辑器 ${minutes} 分钟`,
      again: '重新打开，换新密码',
      opening: '正在打开…',
      close: '立即关闭',
      left: (time) => `剩余 ${time}`,
      where: (url) => `编辑器只在设备本机监听：${url}`,
      here: '打开编辑器',
      tunnel: '从其他电脑访问，先建立隧道并保持连接：',
      user: '用户名',
      password: '密码',
      once: '密码只在此处显示这一次，编辑器关闭后作废。',
      others: '编辑器已由他人打开，密码只显示给了对方；如需使用，请重新打开。',
      failed: (why) => `没有成功：${why}`,
    },
  },
};
