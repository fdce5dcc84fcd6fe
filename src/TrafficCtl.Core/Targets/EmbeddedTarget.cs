namespace TrafficCtl.Core.Targets;

/// <summary>The proxy of this process takes the requests and sends them to the endpoints that the delivery file names.</summary>
public sealed record EmbeddedTarget : Target
{
    /// <summary>Services may share one when their matches do not overlap and their tls is the same.</summary>
    public required Listener Listen { get; init; }

    /// <summary>Which of the listener's requests are the service's.</summary>
    public RouteMatch Match { get; init; } = RouteMatch.Everything;

    public ProxySettings Proxy { get; init; } = new();

    public override string Kind => "behind the embedded proxy";

    public override string Entrance => Listen.ToString();

    public override bool NamesVersions => true;
}
