using TrafficCtl.Core.Targets;

namespace TrafficCtl.TestKit;

/// <summary>Keys of targets where a test has one environment.</summary>
public static class Keys
{
    /// <summary>The default target of a service in the default environment.</summary>
    public static TargetKey Of(string service) => new(service, TargetKey.DefaultEnvironment);
}
