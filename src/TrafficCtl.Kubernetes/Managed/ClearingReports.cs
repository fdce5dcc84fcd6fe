using Microsoft.Extensions.Logging;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>Reports what is deleted and what cannot be: to the log, and as events of the service's Delivery. Each text once.</summary>
internal sealed partial class ClearingReports(IKubeView view, IEventRecorder recorder, ILogger log)
{
    private readonly Dictionary<string, string> told = new(StringComparer.Ordinal);

    /// <summary>The Service is there again.</summary>
    public void Forget(string service) => told.Remove(service);

    /// <summary>Another process may have reported since.</summary>
    public void Forget() => told.Clear();

    public void Tell(KubeName root, string reason, string text, bool isWarning = true)
    {
        var name = $"{root.Namespace}.{root.Name}";
        if (told.TryGetValue(name, out var before) && before == text) return;
        told[name] = text;
        if (isWarning) NotCleared(name, text);
        else Say(text);
        var delivery = new KubeName(KubeKind.Delivery, root.Namespace, root.Name);
        if (view.Get(delivery) is { } about)
            recorder.Record(new ObjectEvent(new KubeOrigin(delivery, about.UidOf()), isWarning, reason, "Clear", text));
    }

    public void Say(string what) => Did(log, what);

    public void NotCleared(string what, string why) => NotCleared(log, what, why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{What}")]
    private static partial void Did(ILogger log, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What the controller made for {Service} is not deleted: {Why}")]
    private static partial void NotCleared(ILogger log, string service, string why);
}
