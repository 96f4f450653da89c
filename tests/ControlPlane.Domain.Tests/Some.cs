using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Domain.Releases;
using Serving.Contracts.Models;

namespace ControlPlane.Domain.Tests;

/// <summary>Ready-made things, each valid.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Noon = new(2026, 5, 3, 12, 0, 0, TimeSpan.Zero);
    public static readonly Actor Person = new("a@example.com", ActorKind.Person);

    public static Model Model(string name = "fraud") => Value(Domain.Registry.Model.Create(name, null, null, Person, Noon));

    public static ModelVersion ReadyVersion(int number = 1, string model = "fraud")
    {
        var version = Uploaded(number, model);
        version.Validated(new InspectReport { Checks = [new ModelCheck(ModelChecks.Loads, ModelCheck.Passed, "Loaded.")] }, Noon);
        return version;
    }

    public static ModelVersion Uploaded(int number = 1, string model = "fraud") => ModelVersion.Uploaded(
        Model(model), number, new ArtifactManifest([new ArtifactFile("model.onnx", 10, new string((char)('a' + number % 6), 64))]), "model.onnx", [], new VersionNotes(), "a", Noon);

    public static Release Release(int version = 1) => Value(Domain.Releases.Release.Of(ReadyVersion(version), null, "a", Noon));

    public static Endpoint Endpoint(string name = "fraud") => Value(Domain.Releases.Endpoint.Create("production", new EndpointSettings(name), "a", Noon));

    public static ServingEnvironment Environment() => new() { Name = "production", TimelineId = "t1", Revision = 6 };

    public static T Value<T>(Outcome<T> outcome) =>
        outcome.TryGet(out var value, out var refusal) ? value : throw new InvalidOperationException(refusal.Message);

    public static Refusal Refusal<T>(Outcome<T> outcome) =>
        outcome.TryGet(out _, out var refusal) ? throw new InvalidOperationException("It was not refused.") : refusal;
}
