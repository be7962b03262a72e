// A file of its own, as the page's policy lets nothing inline run.
SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#methods",
  layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  docExpansion: "list",
  displayOperationId: true,
  displayRequestDuration: true,
  validatorUrl: null, // the document is sent to nobody
});
