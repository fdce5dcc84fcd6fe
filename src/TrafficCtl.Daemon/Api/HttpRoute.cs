using Google.Protobuf.Reflection;

namespace TrafficCtl.Daemon.Api;

/// <summary>Stands on an endpoint: which call of the contract it answers.</summary>
/// <remarks>The call is looked up when it is asked for first: to read the contract takes longer than to map all routes.</remarks>
internal sealed class HttpRoute(Func<MethodDescriptor> find)
{
    private readonly Lazy<MethodDescriptor> rpc = new(find);

    public MethodDescriptor Rpc => rpc.Value;
}
