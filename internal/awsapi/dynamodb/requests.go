package dynamodb

// What may be asked to be returned.
const (
	AllOld = "ALL_OLD"
	AllNew = "ALL_NEW"
	Count  = "COUNT"
)

// GetItemInput asks for an item.
type GetItemInput struct {
	TableName                string
	Key                      Item
	ConsistentRead           bool              `json:",omitempty"`
	ProjectionExpression     string            `json:",omitempty"`
	ExpressionAttributeNames map[string]string `json:",omitempty"`
}

// GetItemOutput is an item; nil if there is none.
type GetItemOutput struct{ Item Item }

// BatchGetItemInput asks for items of tables.
type BatchGetItemInput struct{ RequestItems map[string]KeysAndAttributes }

// KeysAndAttributes are keys of one table.
type KeysAndAttributes struct {
	Keys           []Item
	ConsistentRead bool `json:",omitempty"`
}

// BatchGetItemOutput is the items that there are, and the keys that were not read.
type BatchGetItemOutput struct {
	Responses       map[string][]Item
	UnprocessedKeys map[string]KeysAndAttributes
}

// QueryInput asks for items of a partition, or how many there are.
type QueryInput struct {
	TableName                 string
	IndexName                 string            `json:",omitempty"`
	KeyConditionExpression    string            `json:",omitempty"`
	ProjectionExpression      string            `json:",omitempty"`
	Select                    string            `json:",omitempty"`
	ExpressionAttributeNames  map[string]string `json:",omitempty"`
	ExpressionAttributeValues Item              `json:",omitempty"`
	ExclusiveStartKey         Item              `json:",omitempty"`
	Limit                     int               `json:",omitempty"`
	ScanIndexForward          *bool             `json:",omitempty"` // nil means true
	ConsistentRead            bool              `json:",omitempty"`
}

// QueryOutput is items, and where to go on; nil at the end.
type QueryOutput struct {
	Items            []Item
	Count            int
	LastEvaluatedKey Item
}

// ScanInput asks for items of a table; of which are left out, the reading is paid for, too.
type ScanInput struct {
	TableName                 string
	FilterExpression          string            `json:",omitempty"`
	ProjectionExpression      string            `json:",omitempty"`
	Select                    string            `json:",omitempty"`
	ExpressionAttributeNames  map[string]string `json:",omitempty"`
	ExpressionAttributeValues Item              `json:",omitempty"`
	ExclusiveStartKey         Item              `json:",omitempty"`
}

// ScanOutput is items, and where to go on; nil at the end.
type ScanOutput struct {
	Items            []Item
	LastEvaluatedKey Item
}

// PutItemInput asks for an item to be written.
type PutItemInput struct {
	TableName                           string
	Item                                Item
	ConditionExpression                 string            `json:",omitempty"`
	ExpressionAttributeNames            map[string]string `json:",omitempty"`
	ExpressionAttributeValues           Item              `json:",omitempty"`
	ReturnValues                        string            `json:",omitempty"`
	ReturnValuesOnConditionCheckFailure string            `json:",omitempty"`
}

// PutItemOutput is what was there, if that was asked for.
type PutItemOutput struct{ Attributes Item }

// UpdateItemInput asks for an item to be changed.
type UpdateItemInput struct {
	TableName                           string
	Key                                 Item
	UpdateExpression                    string
	ConditionExpression                 string            `json:",omitempty"`
	ExpressionAttributeNames            map[string]string `json:",omitempty"`
	ExpressionAttributeValues           Item              `json:",omitempty"`
	ReturnValues                        string            `json:",omitempty"`
	ReturnValuesOnConditionCheckFailure string            `json:",omitempty"`
}

// UpdateItemOutput is what is there now, or was, if that was asked for.
type UpdateItemOutput struct{ Attributes Item }

// TransactWriteItemsInput asks for up to 100 writes, all or none.
type TransactWriteItemsInput struct {
	TransactItems      []TransactWriteItem
	ClientRequestToken string `json:",omitempty"`
}

// TransactWriteItemsOutput is that all were made.
type TransactWriteItemsOutput struct{}

// TransactWriteItem is one of these.
type TransactWriteItem struct {
	ConditionCheck *ConditionCheck `json:",omitempty"`
	Put            *Put            `json:",omitempty"`
	Update         *Update         `json:",omitempty"`
	Delete         *Delete         `json:",omitempty"`
}

// Put writes an item.
type Put struct {
	Item Item
	Conditional
}

// Update changes an item.
type Update struct {
	Key              Item
	UpdateExpression string
	Conditional
}

// Delete removes an item.
type Delete struct {
	Key Item
	Conditional
}

// ConditionCheck only looks that a condition holds.
type ConditionCheck struct {
	Key Item
	Conditional
}

// Conditional is what every part of a transaction has.
type Conditional struct {
	TableName                           string
	ConditionExpression                 string            `json:",omitempty"`
	ExpressionAttributeNames            map[string]string `json:",omitempty"`
	ExpressionAttributeValues           Item              `json:",omitempty"`
	ReturnValuesOnConditionCheckFailure string            `json:",omitempty"`
}
