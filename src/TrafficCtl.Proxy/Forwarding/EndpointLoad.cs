namespace TrafficCtl.Proxy.Forwarding;

/// <summary>The requests that are under way to one of several endpoints.</summary>
internal sealed class EndpointLoad
{
    private int underWay;

    public int UnderWay => Volatile.Read(ref underWay);

    public void Begin() => Interlocked.Increment(ref underWay);

    public void End() => Interlocked.Decrement(ref underWay);
}
