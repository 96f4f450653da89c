using System.Text.Json.Serialization;

namespace Serving.Node.Tensors;

[JsonSerializable(typeof(string[]))]
internal sealed partial class TensorsJson : JsonSerializerContext;
