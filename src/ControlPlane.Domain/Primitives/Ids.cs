namespace ControlPlane.Domain.Primitives;

public readonly record struct ModelId(Guid Value)
{
    public static ModelId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));
}

public readonly record struct VersionId(Guid Value)
{
    public static VersionId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));
}

public readonly record struct UploadId(Guid Value)
{
    public static UploadId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));
}

public readonly record struct EndpointId(Guid Value)
{
    public static EndpointId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));
}

public readonly record struct RolloutId(Guid Value)
{
    public static RolloutId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));
}

public readonly record struct NodeId(Guid Value)
{
    public static NodeId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));
}

public readonly record struct TokenId(Guid Value)
{
    public static TokenId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));
}

public readonly record struct ApprovalId(Guid Value)
{
    public static ApprovalId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));
}
