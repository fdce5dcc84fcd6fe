using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.TestKit;

/// <summary>Services behind the embedded proxy with other settings of it.</summary>
public static class EmbeddedSpecs
{
    /// <summary>A listener on a free port, and the proxy's usual settings.</summary>
    public static readonly EmbeddedTarget FreePort = new() { Listen = new Listener("127.0.0.1", 0, null) };

    public static ServiceSpec At(this ServiceSpec spec, Listener listen) => spec with { Target = spec.Embedded with { Listen = listen } };

    public static ServiceSpec Matching(this ServiceSpec spec, RouteMatch match) =>
        spec with { Target = spec.Embedded with { Match = match } };

    public static ServiceSpec WithProxy(this ServiceSpec spec, ProxySettings proxy) =>
        spec with { Target = spec.Embedded with { Proxy = proxy } };

    public static ServiceSpec WithProxy(this ServiceSpec spec, Func<ProxySettings, ProxySettings> change) =>
        spec.WithProxy(change(spec.Embedded.Proxy));
}
