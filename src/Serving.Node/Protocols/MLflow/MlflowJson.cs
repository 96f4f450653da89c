using System.Text.Json;
using System.Text.Json.Serialization;

namespace Serving.Node.Protocols.MLflow;

[JsonSerializable(typeof(JsonElement))]
internal sealed partial class MlflowJson : JsonSerializerContext;
