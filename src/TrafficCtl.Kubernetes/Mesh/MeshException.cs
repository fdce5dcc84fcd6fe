namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>What kind of thing stands between a wanted split and the routing object.</summary>
public enum MeshFault
{
    /// <summary>The routing object does not exist.</summary>
    NotFound,

    /// <summary>The cluster does not serve the kind: its CRD is missing.</summary>
    KindMissing,

    /// <summary>Several rules, and none was named.</summary>
    UnnamedRule,

    /// <summary>The named rule is not there, or is there twice.</summary>
    RuleMissing,

    /// <summary>The rule has no destination for a slot that is to take traffic.</summary>
    BackendMissing,

    /// <summary>A destination that is no slot takes traffic, so shares of two arms would not be what they say.</summary>
    ThirdDestination,

    /// <summary>No slot runs the version that is to be served.</summary>
    NoSlot,

    /// <summary>The slot that is to take the traffic has no ready endpoint.</summary>
    NoEndpoints,

    /// <summary>The object that would be made exists and is somebody else's.</summary>
    NotOurs,

    /// <summary>The mesh, or the mode, cannot say what is wanted.</summary>
    Unsupported,

    Forbidden,

    /// <summary>The server or the mesh refuses what was written, or the object says what cannot be understood.</summary>
    Invalid,

    /// <summary>The object changed between each read and write.</summary>
    Contended,

    /// <summary>The server did not answer, or could not.</summary>
    Unreachable,
}

/// <summary>The split could not be read or written; the one in force stays.</summary>
/// <param name="fault">Its kind.</param>
/// <param name="message">What, of which object, and what to do.</param>
public sealed class MeshException(MeshFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public MeshFault Fault { get; } = fault;

    /// <summary>The object no longer has the shape that weights are written into: a person is needed.</summary>
    public bool IsStructural =>
        Fault is MeshFault.NotFound
            or MeshFault.UnnamedRule
            or MeshFault.RuleMissing
            or MeshFault.BackendMissing
            or MeshFault.ThirdDestination;
}
