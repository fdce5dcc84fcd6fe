namespace TrafficCtl.Core.Targets;

/// <summary>One of the routing objects of a service, and how it is written.</summary>
public sealed record RoutePart(RouteReference Route, RouteMode Mode);

public enum RouteMode
{
    /// <summary>An object of somebody else: only weights are patched, and nothing else of it is touched.</summary>
    Patch,

    /// <summary>An object of the controller's own, made and deleted by it.</summary>
    Owned,
}
