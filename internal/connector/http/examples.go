package httpconnector

import "switchboard/internal/connector"

var examples = []connector.Example{
	{
		Title: "Create an order with a JSON body",
		Config: map[string]any{
			"method":  "POST",
			"url":     "https://api.example.com/v1/orders",
			"headers": map[string]any{"X-Request-Id": "order-42"},
			"body":    map[string]any{"sku": "A-100", "quantity": 2},
		},
		Request: connector.ExampleRequest{
			Method: "POST",
			Path:   "/v1/orders",
			Header: map[string]string{"Content-Type": "application/json", "X-Request-Id": "order-42"},
			Body:   `{"sku": "A-100", "quantity": 2}`,
		},
		Response: connector.ExampleResponse{
			Status: 201,
			Header: map[string]string{"Content-Type": "application/json", "Date": "Fri, 02 Jan 2026 03:04:05 GMT"},
			Body:   `{"id": 9007199254740993, "state": "open"}`,
		},
		Output: map[string]any{
			"status":  201,
			"headers": map[string]any{"content-type": "application/json", "content-length": "41", "date": "Fri, 02 Jan 2026 03:04:05 GMT"},
			"body":    map[string]any{"id": 9007199254740993, "state": "open"},
		},
	},
	{
		Title: "Read a list, with query parameters",
		Config: map[string]any{
			"url":   "https://api.example.com/v1/orders?state=open",
			"query": map[string]any{"limit": 2, "q": "red & blue"},
		},
		Request: connector.ExampleRequest{Method: "GET", Path: "/v1/orders?state=open&limit=2&q=red+%26+blue"},
		Response: connector.ExampleResponse{
			Header: map[string]string{"Content-Type": "application/json", "Date": "Fri, 02 Jan 2026 03:04:05 GMT"},
			Body:   `[{"id": 1}, {"id": 2}]`,
		},
		Output: map[string]any{
			"status":  200,
			"headers": map[string]any{"content-type": "application/json", "content-length": "22", "date": "Fri, 02 Jan 2026 03:04:05 GMT"},
			"body":    []any{map[string]any{"id": 1}, map[string]any{"id": 2}},
		},
	},
	{
		Title: "Send a form",
		Config: map[string]any{
			"method": "POST", "url": "https://example.com/subscribe", "body_type": "form",
			"body": map[string]any{"email": "ada@example.com", "topics": []any{"news", "offers"}},
		},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/subscribe",
			Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
			Body:   "email=ada%40example.com&topics=news&topics=offers",
		},
		Response: connector.ExampleResponse{
			Header: map[string]string{"Content-Type": "text/plain; charset=utf-8", "Date": "Fri, 02 Jan 2026 03:04:05 GMT"},
			Body:   "Subscribed.",
		},
		Output: map[string]any{
			"status":  200,
			"headers": map[string]any{"content-type": "text/plain; charset=utf-8", "content-length": "11", "date": "Fri, 02 Jan 2026 03:04:05 GMT"},
			"body":    "Subscribed.",
		},
	},
	{
		Title: "Ask whether something is there, and download an image",
		Config: map[string]any{
			"url": "https://example.com/logo.png", "expect_status": "200, 404",
		},
		Request: connector.ExampleRequest{Method: "GET", Path: "/logo.png"},
		Response: connector.ExampleResponse{
			Header: map[string]string{"Content-Type": "image/png", "Date": "Fri, 02 Jan 2026 03:04:05 GMT"},
			Body:   "\x89PNG\r\n\x1a\n",
		},
		Output: map[string]any{
			"status":        200,
			"headers":       map[string]any{"content-type": "image/png", "content-length": "8", "date": "Fri, 02 Jan 2026 03:04:05 GMT"},
			"body":          "iVBORw0KGgo=",
			"body_encoding": "base64",
		},
	},
	{
		Title: "Send a file in a multipart form",
		Config: map[string]any{
			"method": "POST", "url": "https://api.example.com/files", "body_type": "multipart",
			"body": map[string]any{
				"title": "Terms",
				"file":  map[string]any{"filename": "terms.txt", "content_type": "text/plain", "content_base64": "SGVsbG8u"},
			},
		},
		Request: connector.ExampleRequest{
			Method: "POST", Path: "/files",
			Header: map[string]string{"Content-Type": "multipart/form-data; boundary=6341ca672d703a883883813ccb54623dec49fc0cb64f7824"},
			Body: "--6341ca672d703a883883813ccb54623dec49fc0cb64f7824\r\nContent-Disposition: form-data; name=\"file\"; filename=\"terms.txt\"\r\nContent-Type: text/plain\r\n\r\nHello.\r\n" +
				"--6341ca672d703a883883813ccb54623dec49fc0cb64f7824\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nTerms\r\n--6341ca672d703a883883813ccb54623dec49fc0cb64f7824--\r\n",
		},
		Response: connector.ExampleResponse{
			Status: 201,
			Header: map[string]string{"Content-Type": "application/json", "Date": "Fri, 02 Jan 2026 03:04:05 GMT"},
			Body:   `{"id": 7}`,
		},
		Output: map[string]any{
			"status":  201,
			"headers": map[string]any{"content-type": "application/json", "content-length": "9", "date": "Fri, 02 Jan 2026 03:04:05 GMT"},
			"body":    map[string]any{"id": 7},
		},
	},
	{
		Title: "Read all pages of a list",
		Config: map[string]any{
			"url": "https://api.example.com/v1/customers", "pagination": "cursor",
			"page_items": "data", "page_cursor": "meta.next", "page_parameter": "after", "max_pages": 20,
		},
		Request: connector.ExampleRequest{Method: "GET", Path: "/v1/customers"},
		Response: connector.ExampleResponse{
			Header: map[string]string{"Content-Type": "application/json", "Date": "Fri, 02 Jan 2026 03:04:05 GMT"},
			Body:   `{"data": [{"id": 1}, {"id": 2}], "meta": {"next": null}}`,
		},
		Output: map[string]any{
			"status":  200,
			"headers": map[string]any{"content-type": "application/json", "content-length": "56", "date": "Fri, 02 Jan 2026 03:04:05 GMT"},
			"body":    []any{map[string]any{"id": 1}, map[string]any{"id": 2}},
			"pages":   1, "more": false,
		},
	},
}
