using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Views;

/// <summary>A view whose story also goes to the log file; the inner view stays its owner's.</summary>
internal sealed class LoggedView(IDemoView inner, DemoLog log) : IDemoView
{
    public void Say(string line)
    {
        log.Write(line);
        inner.Say(line);
    }

    public void Show(ServiceStatus status, LoadReport load, string? stage) => inner.Show(status, load, stage);

    public void Dispose()
    {
    }
}
