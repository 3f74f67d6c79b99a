/** The credentials of a billing source: a place for them, filled by people. Months arrive as files; nothing reads it yet. */
import type { RemovalPolicy } from 'aws-cdk-lib';
import { Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export class Secrets extends Construct {
  readonly billing: Secret;

  constructor(scope: Construct, id: string, { key, removal }: { key: IKey; removal: RemovalPolicy }) {
    super(scope, id);
    this.billing = new Secret(this, 'Billing', {
      description: 'Credentials of the billing source; put yours in place of the generated value',
      encryptionKey: key,
      removalPolicy: removal,
    });
    Validations.of(this.billing).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The credentials belong to the billing system: only its owner can issue new ones.',
    });
  }
}
