/** The credentials of the billing source: a place for them, filled by people. */
import type { RemovalPolicy } from 'aws-cdk-lib';
import { Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { type Access, allow, decrypt } from './access.ts';

export class Secrets extends Construct {
  readonly billing: Secret;
  private readonly key: IKey;

  constructor(scope: Construct, id: string, { key, removal }: { key: IKey; removal: RemovalPolicy }) {
    super(scope, id);
    this.key = key;
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

  /** What reading the secret takes. */
  readBilling(): readonly Access[] {
    return [allow(['secretsmanager:GetSecretValue'], [this.billing.secretArn]), decrypt(this.key, 'secretsmanager')];
  }
}
