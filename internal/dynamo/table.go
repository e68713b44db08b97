package dynamo

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Table describes the table that a Store needs. TTL cannot be said here: it has to
// be switched on for TTLAttribute. Protection, backups and encryption are the
// deployment's to choose.
func Table(name string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{
		TableName:   aws.String(name),
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   keySchema(partitionAttribute, sortAttribute),
		AttributeDefinitions: texts(
			partitionAttribute, sortAttribute, listAttribute, statusListAttribute, startedAttribute,
		),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			index(listIndex, listAttribute), index(statusIndex, statusListAttribute),
		},
	}
}

func index(name, partition string) types.GlobalSecondaryIndex {
	return types.GlobalSecondaryIndex{
		IndexName:  aws.String(name),
		KeySchema:  keySchema(partition, startedAttribute),
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
	}
}

func keySchema(partition, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: aws.String(partition), KeyType: types.KeyTypeHash},
		{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange},
	}
}

func texts(names ...string) []types.AttributeDefinition {
	var defined []types.AttributeDefinition
	for _, name := range names {
		defined = append(defined, types.AttributeDefinition{
			AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS,
		})
	}
	return defined
}
