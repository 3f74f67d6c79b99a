/** The key of the billing system that months are pulled from: a place for it, filled by people. */
import type { RemovalPolicy } from 'aws-cdk-lib';
import { Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export class Secrets extends Construct {
  readonly billing: Secret;

  constructor(scope: Construct, id: string, { key, removal }: { key: IKey; removal: RemovalPolicy }) {
    super(scope, id);
    this.billing = new Secret(this, 'BillingKey', {
      description: 'Key of the billing system, as text or as apiKey; put yours in place of the empty one',
      encryptionKey: key,
      removalPolicy: removal,
      // An empty key is told apart from a wrong one. The text never changes: another would put a key out of its place.
      generateSecretString: { secretStringTemplate: '{"apiKey":""}', generateStringKey: 'generated' },
    });
    Validations.of(this.billing).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The credentials belong to the billing system: only its owner can issue new ones.',
    });
  }
}
