"""The pages: HTML for readers, made from the same service calls as the API's responses."""
