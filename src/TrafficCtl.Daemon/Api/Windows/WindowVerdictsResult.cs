using System.Text;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Daemon.Api.Windows;

/// <summary>Verdicts as lines of JSON.</summary>
internal sealed class WindowVerdictsResult(WindowVerdicts verdicts) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var lines = new StringBuilder();
        foreach (var trace in verdicts.Traces) lines.Append(Messages.Format(trace)).Append('\n');
        return Messages.WriteAsync(
            httpContext.Response, StatusCodes.Status200OK, WindowRequests.MediaType, lines.ToString(), httpContext.RequestAborted);
    }
}
