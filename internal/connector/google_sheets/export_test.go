package googlesheets

// QuoteRange is tested on its own.
var QuoteRange = quoteRange
