package letter

// What is tested on its own.
var (
	SplitAddresses = splitAddresses
	PlainText      = plainText
)
