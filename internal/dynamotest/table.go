package dynamotest

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"switchboard/internal/dynamo"
)

// Table asks for the table that a dynamo.Store needs.
func Table(name string) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest}
	defined := map[string]bool{}
	for _, index := range dynamo.Indexes() {
		keys := []types.KeySchemaElement{
			{AttributeName: &index.Partition, KeyType: types.KeyTypeHash}, {AttributeName: &index.Sort, KeyType: types.KeyTypeRange},
		}
		for _, key := range keys {
			if !defined[*key.AttributeName] {
				defined[*key.AttributeName] = true
				in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
					AttributeName: key.AttributeName, AttributeType: types.ScalarAttributeTypeS,
				})
			}
		}
		if index.Name == "" {
			in.KeySchema = keys
			continue
		}
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &index.Name, KeySchema: keys, Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		})
	}
	return in
}

// Config is what clients of ours are made from, to call it.
func (s *Server) Config() aws.Config {
	return aws.Config{Region: region, BaseEndpoint: &s.Endpoint, Credentials: credentials()}
}
