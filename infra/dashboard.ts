/** One page that says how the reports are doing. */
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Alarms } from './alarms.ts';

export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { name, alarms }: { name: string; alarms: Alarms }) {
    super(scope, id);
    const graph = (title: string, left: readonly IMetric[]) => new GraphWidget({ title, left: [...left], width: 12 });
    new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: name,
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms.all], width: 24 })],
        [graph('Runs', alarms.metrics.runs), graph('Report on time, dead letters', alarms.metrics.report)],
        [graph('Mail', alarms.metrics.mail), graph('Athena', alarms.metrics.bytes)],
        [graph('Functions', alarms.metrics.functions)],
      ],
    });
  }
}
