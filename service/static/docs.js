// Shows the API's document. `validatorUrl: null`: else Swagger UI would ask its own site about it.
const place = document.querySelector("#api");

SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: false,
});
