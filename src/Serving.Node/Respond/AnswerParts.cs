using System.Text;
using System.Text.Json;

namespace Serving.Node.Respond;

/// <summary>What is the same in every answer of an arm, written once when the arm is made.</summary>
/// <param name="Native">From the end of the request id to the begin of the predictions.</param>
/// <param name="OpenInference">From the begin of the answer to the end of the model's version.</param>
/// <param name="NativeFromCache">As <paramref name="Native"/>, for an answer that was kept.</param>
internal sealed record AnswerParts(byte[] Native, byte[] OpenInference, byte[] NativeFromCache)
{
    public static AnswerParts Of(string endpoint, string arm, string release, string model, string version)
    {
        var head = $"\",\"endpoint\":{Text(endpoint)},\"model\":{Text(model)},\"version\":{Text(version)},\"release\":{Text(release)},\"arm\":{Text(arm)},\"servedFrom\":";
        const string Tail = ",\"degraded\":[],\"predictions\":";
        return new AnswerParts(
            Encoding.UTF8.GetBytes($"{head}\"model\"{Tail}"),
            Encoding.UTF8.GetBytes($"{{\"model_name\":{Text(endpoint)},\"model_version\":{Text(version)}"),
            Encoding.UTF8.GetBytes($"{head}\"cache\"{Tail}"));
    }

    private static string Text(string value) => $"\"{JsonEncodedText.Encode(value)}\"";
}
