/** The Athena workgroup: one engine version, its own results, a ceiling on what a query may read. */
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** Where in the results bucket Athena writes. */
export const resultsPrefix = 'queries/';

export type QueryProps = {
  readonly name: string;
  readonly results: Bucket;
  readonly key: IKey;
  readonly cutoffGb: number;
};

export class Query extends Construct {
  readonly workgroup: string;

  constructor(scope: Construct, id: string, { name, results, key, cutoffGb }: QueryProps) {
    super(scope, id);
    this.workgroup = name;
    new CfnWorkGroup(this, 'Workgroup', {
      name,
      description: 'Queries of the retention report',
      state: 'ENABLED',
      // Only the history of queries goes with it; the figures stand in the archive.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        publishCloudWatchMetricsEnabled: true,
        requesterPaysEnabled: false,
        bytesScannedCutoffPerQuery: cutoffGb * 1_000_000_000,
        resultConfiguration: {
          outputLocation: `s3://${results.bucketName}/${resultsPrefix}`,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: key.keyArn },
        },
      },
    });
  }
}
