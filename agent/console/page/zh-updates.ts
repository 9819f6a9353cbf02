// agent/console page: the words of updates in Chinese.
import type { enUpdates } from './en-updates.ts';

export const zhUpdates: typeof enUpdates = {
  updates: {
    title: '软件',
    fact: {
      version: '版本',
      slot: '分区',
      model: '模型',
      looks: '识别方式',
      measured: '试选用时',
      profile: '规则',
      checked: '上次检查',
    },
    checkout: '无：源码运行',
    none: '无',
    never: '尚未成功',
    own: '本机自带',
    pushed: (counter: number) => `远程下发，第 ${counter} 号`,
    noRepository: '未启用更新：配置中没有填写更新库（updates.url）。',
    absent: '未能运行',
    tried: (when: string) => `本机试选于 ${when}`,
    wanted: '更新',
    kind: { model: '模型', profile: '规则', agent: '程序' },
    result: {
      success: '已生效',
      pending: '准备中',
      trial: '试运行',
      failed: '未完成',
      refused: '已拒绝',
      returned: '已退回',
    },
  },
};
