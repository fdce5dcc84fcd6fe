using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Views;

/// <summary>What the person who started the demonstration sees of it.</summary>
internal interface IDemoView : IDisposable
{
    /// <summary>A moment of the story.</summary>
    void Say(string line);

    /// <summary>The picture now; the stage is what happens when no rollout does.</summary>
    void Show(ServiceStatus status, LoadReport load, string? stage);
}
