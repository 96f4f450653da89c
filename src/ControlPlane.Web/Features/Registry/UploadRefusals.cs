using ControlPlane.Domain.Primitives;
using Serving.Contracts.Models;

namespace ControlPlane.Web.Features.Registry;

/// <summary>Refusals of an upload: the failed check and what to do about it.</summary>
internal static class UploadRefusals
{
    public static Refusal Of(string code, ModelCheck failed) =>
        new(code, failed.Detail, RefusalKind.Unprocessable, failed.Check, failed.Remedy ?? "Correct this and upload again; nothing was kept.");

    public static Refusal Of(ModelCheck failed) => Of(
        failed.Check switch
        {
            ModelChecks.Size => "Empty",
            ModelChecks.Operators => "OperatorNotAllowed",
            ModelChecks.ExternalData => "ExternalData",
            _ => "NotOnnx",
        },
        failed);

    public static readonly Refusal DigestMismatch = new(
        "DigestMismatch", "The bytes that arrived do not have the SHA-256 that was announced. Nothing was kept; upload the file again.", RefusalKind.Unprocessable, ModelChecks.Size);
}
