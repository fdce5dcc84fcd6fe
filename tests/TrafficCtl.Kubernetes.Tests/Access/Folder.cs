using TrafficCtl.Kubernetes.Access;
using TrafficCtl.TestKit;

namespace TrafficCtl.Kubernetes.Tests.Access;

/// <summary>The files and variables from which access to a cluster is found.</summary>
internal sealed class Folder : TemporaryDirectory
{
    public Dictionary<string, string> Variables { get; } = [];

    public KubeSurroundings Around =>
        new() { Variable = Variables.GetValueOrDefault, Home = File("home"), ServiceAccount = File("account") };
}
