using System.Text.Json;
using System.Text.Json.Nodes;
using KeraLua;

namespace TrafficCtl.Kubernetes.Tests.GitOps;

/// <summary>The health script of docs/gitops.md, run as Argo CD runs it: the object is the global <c>obj</c>.</summary>
internal static class ArgoHealth
{
    public static (string Status, string Message) Of(JsonObject thing)
    {
        var script = (string)GitOpsPage.Example("argo-health")["data"]!["resource.customizations.health.trafficctl.io_Delivery"]!;
        using var lua = new Lua();
        Push(lua, thing);
        lua.SetGlobal("obj");
        if (lua.LoadString(script) != LuaStatus.OK || lua.PCall(0, 1, 0) != LuaStatus.OK)
            throw new InvalidOperationException(lua.ToString(-1));
        return (Field("status"), Field("message"));

        string Field(string name)
        {
            lua.GetField(-1, name);
            var text = lua.ToString(-1) ?? "";
            lua.Pop(1);
            return text;
        }
    }

    private static void Push(Lua lua, JsonNode? json)
    {
        switch (json)
        {
            case JsonObject map:
                lua.NewTable();
                foreach (var (key, value) in map)
                {
                    Push(lua, value);
                    lua.SetField(-2, key);
                }

                break;
            case JsonArray list:
                lua.NewTable();
                for (var i = 0; i < list.Count; i++)
                {
                    Push(lua, list[i]);
                    lua.RawSetInteger(-2, i + 1);
                }

                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                lua.PushString(value.GetValue<string>());
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.Number:
                lua.PushInteger(long.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture));
                break;
            case JsonValue value:
                lua.PushBoolean(value.GetValueKind() == JsonValueKind.True);
                break;
            default:
                lua.PushNil();
                break;
        }
    }
}
