using ControlPlane.Data;
using ControlPlane.Domain.Identity;
using ControlPlane.Domain.Nodes;
using ControlPlane.Domain.Primitives;
using ControlPlane.Domain.Registry;
using ControlPlane.Domain.Releases;
using Serving.Contracts.Models;
using Serving.Contracts.Reports;

namespace ControlPlane.Web.Tests.Pages;

/// <summary>Rows as the product makes them.</summary>
internal static class Samples
{
    public static readonly Actor Mara = new("mara@northwind.example", ActorKind.Person);

    public static Model Model(string name, string? description = null) => PageContext.Value(Domain.Registry.Model.Create(name, description, null, Mara, PageContext.Noon));

    public static ModelVersion Version(Model model, InspectReport? report = null, VersionNotes? notes = null, string fileName = "model.onnx")
    {
        var number = PageContext.Value(model.TakeNumber(null));
        var digest = new string((char)('a' + number), 64);
        var version = ModelVersion.Uploaded(model, number, new ArtifactManifest([new ArtifactFile("model.onnx", 1000, digest)]), fileName, [], notes ?? new VersionNotes(), Mara.Name, PageContext.Noon);
        version.Validated(report ?? new InspectReport { Checks = [new ModelCheck(ModelChecks.Onnx, ModelCheck.Passed, "IR 9, opset 17")] }, PageContext.Noon);
        return version;
    }

    /// <summary>An endpoint that serves version 2 and served version 1 before, on one node that holds both.</summary>
    public static void Serving(ControlPlaneDb db, bool isRefusing = false)
    {
        var model = Model("fraud");
        var releases = new[] { Version(model), Version(model) }
            .Select(version => (version, release: PageContext.Value(Release.Of(version, null, Mara.Name, PageContext.Noon)))).ToList();
        db.Add(model);
        db.AddRange(releases.Select(pair => pair.version));
        db.AddRange(releases.Select(pair => pair.release));
        var endpoint = PageContext.Value(Domain.Releases.Endpoint.Create("production", new EndpointSettings("fraud"), Mara.Name, PageContext.Noon));
        endpoint.Serve(releases[0].release.Id, PageContext.Noon.AddDays(-1));
        endpoint.Serve(releases[1].release.Id, PageContext.Noon);
        db.Add(endpoint);
        if (!db.Environments.Any(environment => environment.Name == "production"))
            db.Add(new ServingEnvironment { Name = "production", TimelineId = "t" });
        var node = new Node { Id = NodeId.New(PageContext.Noon), Name = "node-1", Kind = "node", Environment = "production", Pool = "default", CredentialHash = new string('1', 64), JoinedAt = PageContext.Noon };
        db.Add(node);
        db.Add(new NodeStatus
        {
            NodeId = node.Id,
            LastSeen = PageContext.Noon,
            Report = new Report
            {
                NodeSession = "s",
                Clock = PageContext.Noon,
                TimelineId = db.Environments.Local.FirstOrDefault(known => known.Name == "production")?.TimelineId ?? db.Environments.Single(known => known.Name == "production").TimelineId,
                Rejected = isRefusing ? new Rejection(1, RejectionReasons.InsufficientMemory, "412 MB are needed, 268 MB are free.") : null,
                Serving = [.. releases.Select(pair => new ServedRelease(pair.release.Id, "fraud", pair.version.Number.ToString(), pair.release.Artifact, PageContext.Noon, pair.version.Number == 2 ? ServedRelease.Serving : ServedRelease.Warm))],
            },
        });
    }
}
