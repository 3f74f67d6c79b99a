/** Turns the references of a template into names and ARNs, as a test account in Frankfurt would have them. */

export const account = '111122223333';
export const region = 'eu-central-1';

const pseudo: Readonly<Record<string, string>> = {
  'AWS::AccountId': account,
  'AWS::Region': region,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'retention',
};

const arnOf = (type: string, name: string): string => {
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;
  switch (type) {
    case 'AWS::S3::Bucket':
      return `arn:aws:s3:::${name.toLowerCase()}`;
    case 'AWS::KMS::Key':
      return arn('kms', `key/${name}`);
    case 'AWS::Lambda::Function':
      return arn('lambda', `function:${name}`);
    case 'AWS::Lambda::LayerVersion':
      return arn('lambda', `layer:${name}:1`);
    case 'AWS::IAM::Role':
      return `arn:aws:iam::${account}:role/${name}`;
    case 'AWS::IAM::ManagedPolicy':
      return `arn:aws:iam::${account}:policy/${name}`;
    case 'AWS::SNS::Topic':
      return arn('sns', name);
    case 'AWS::SQS::Queue':
      return arn('sqs', name);
    case 'AWS::StepFunctions::StateMachine':
      return arn('states', `stateMachine:${name}`);
    case 'AWS::Events::Rule':
      return arn('events', `rule/${name}`);
    case 'AWS::CloudWatch::Alarm':
      return arn('cloudwatch', `alarm:${name}`);
    case 'AWS::Logs::LogGroup':
      return arn('logs', `log-group:${name}:*`);
    case 'AWS::SecretsManager::Secret':
      return arn('secretsmanager', `secret:${name}-AbCdEf`);
    default:
      throw new Error(`no ARN is known for ${type}`);
  }
};

/** Types whose Ref is their ARN; of the others it is the name. */
const arnByRef = new Set([
  'AWS::Lambda::LayerVersion',
  'AWS::IAM::ManagedPolicy',
  'AWS::SNS::Topic',
  'AWS::StepFunctions::StateMachine',
  'AWS::SecretsManager::Secret',
]);

export const resolver = (types: ReadonlyMap<string, string>) => {
  const typeOf = (id: string): string => {
    const type = types.get(id);
    if (type === undefined) throw new Error(`the template has no ${id}`);
    return type;
  };
  const ref = (id: string): string => {
    const known = pseudo[id];
    if (known !== undefined) return known;
    const type = typeOf(id);
    if (arnByRef.has(type)) return arnOf(type, id);
    return type === 'AWS::S3::Bucket' ? id.toLowerCase() : id;
  };
  const attribute = (id: string, name: string): string => (name === 'Arn' ? arnOf(typeOf(id), id) : `${id}.${name}`);
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const [[operation, argument] = ['', null], ...others] = Object.entries(value);
    if (others.length === 0) {
      if (operation === 'Ref') return ref(`${argument}`);
      if (operation === 'Fn::GetAtt' && Array.isArray(argument)) return attribute(`${argument[0]}`, `${argument[1]}`);
      if (operation === 'Fn::Join' && Array.isArray(argument)) {
        const parts = resolve(argument[1]);
        if (Array.isArray(parts)) return parts.join(`${argument[0]}`);
      }
      if (operation === 'Fn::Sub') return `${argument}`.replaceAll(/\$\{([^}]+)\}/g, (_all, name: string) => ref(name));
      if (operation.startsWith('Fn::')) throw new Error(`${operation} is not resolved`);
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
  };
  return resolve;
};
