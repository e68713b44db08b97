// Package internal is Switchboard. Nouns own rules and interfaces; packages named
// for a technology implement them; only a main joins them, or internal/local for
// the stack that runs in one process.
//
// What everything stands on:
//
//	account     who is asking: the tenant, the actor and the role
//	audit       who did what: entries in hash chains, stored with the change
//	fault       the one error type, and the table from code to HTTP status and state machine error
//	id, page    identifiers; pages of lists
//	secret      values that never show, and the redactor
//	schema      fields: form, JSON Schema, decoding, checking
//	spelling    did you mean
//	exact       JSON whose numbers keep their digits
//	recent      what was made from things that never change
//	template    {{ }}: parsed, rendered, emitted as JSONata
//	asl         the Amazon States Language as types, with asl/jsonata and its interpreter asl/run; asl/asltest asks others, in tests
//
// The nouns:
//
//	agent       agents
//	apikey      API keys
//	member      people with a role
//	login       who comes with a token or a key
//	connector   what a connector is; a folder each, outbound, rest, token, letter, google, prompt and connectortest
//	catalog     the list of connectors
//	credential  credentials and links
//	vault       sealing and opening secrets
//	reseal      sealing everything anew under another key
//	workflow    documents, versions, triggers
//	inputschema the input of a manual start
//	compile     from documents to state machines
//	task        one step of an execution, inside a connector's function
//	execution   executions, their history and the view of it
//	approval    asking people, and their answers
//	hook        HTTP requests that start workflows
//	schedule    when a schedule trigger runs
//	event       which events start a workflow
//	quota       what one account may take
//	usage       what an account used, by day
//	request     which request something is done for
//	bundle      agents and workflows as one file, without secrets
//	oauth       granting access to a service in place of typing a key
//
// Technologies:
//
//	bolt            all repositories on an embedded database; storetest is what any store has to pass
//	dynamo          the same on Amazon DynamoDB
//	dynamotest      Amazon's DynamoDB Local, for tests
//	vault/keyfile   data keys under a key in a file
//	vault/awskms    data keys under a key of AWS KMS
//	stepfn          executions on AWS Step Functions
//	eventbridge     schedules and events on Amazon EventBridge
//	lambdainvoke    asking the connectors' functions on AWS Lambda
//	awscall         how calls to AWS are tried again; mototest runs moto for tests
//	awsapi          the calls of AWS that connectors make: awsapi/dynamodb, awsapi/kms
//	metric          what connectors did, as Prometheus reads it
//	httpapi         the HTTP API
//	jwt             checking JSON Web Tokens
//	lambdahost      what every Lambda function has in common
//	local           everything in one process
package internal
