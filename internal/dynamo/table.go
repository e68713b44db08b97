package dynamo

// Index is the keys of the table, or of one of its indexes. They are texts.
type Index struct {
	Name            string // "" is the table itself
	Partition, Sort string
}

// Indexes describes the table that a Store needs, beginning with the table itself. Of
// its indexes the keys are enough (KEYS_ONLY). DynamoDB has to be told to remove what
// is past the time in TTLAttribute. Protection, backups and encryption are the
// deployment's to choose.
func Indexes() []Index {
	return []Index{
		{"", partitionAttribute, sortAttribute},
		{listIndex, listAttribute, startedAttribute},
		{statusIndex, statusListAttribute, startedAttribute},
	}
}
