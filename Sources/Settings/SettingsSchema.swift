/// A JSON Schema of `defaults.json`: the grammar by which the host walks it. Closed where the host gives up
/// at what it does not know, open where a config is free to name things.
package enum SettingsSchema {
  package static let text = #"""
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "defaults.json",
      "description": "Settings of a guest with their defaults, and the tool servers that it brings.",
      "type": "object",
      "required": ["settings", "mcp"],
      "additionalProperties": false,
      "properties": {
        "settings": {
          "type": "object",
          "required": ["app", "ai", "repository", "security", "vm", "appearance"],
          "additionalProperties": false,
          "patternProperties": { "^(app|ai|repository|security|vm|appearance)$": { "$ref": "#/$defs/group" } }
        },
        "mcp": { "type": "object", "additionalProperties": { "$ref": "#/$defs/server" } }
      },
      "$defs": {
        "node": {
          "description": "What has a type is a setting, what has an action is a button, all else is a group.",
          "type": "object",
          "if": { "required": ["type"] },
          "then": { "$ref": "#/$defs/setting" },
          "else": {
            "if": { "required": ["action"] },
            "then": { "$ref": "#/$defs/action" },
            "else": { "$ref": "#/$defs/group" }
          }
        },
        "group": {
          "description": "A setting's id is the path of keys to it, joined with dots.",
          "type": "object",
          "not": { "anyOf": [{ "required": ["type"] }, { "required": ["action"] }] },
          "propertyNames": { "pattern": "^[^.]+$" },
          "properties": {
            "name": { "type": "string" },
            "description": { "type": "string" },
            "enabled_by": { "type": "string", "pattern": "[.]allow$" },
            "collapsed": { "type": "boolean" }
          },
          "additionalProperties": { "$ref": "#/$defs/node" }
        },
        "action": {
          "type": "object",
          "required": ["name", "description", "action"],
          "properties": {
            "name": { "type": "string" },
            "description": { "type": "string" },
            "action": { "enum": ["check_update", "preset_select", "rerun_wizard"] }
          },
          "additionalProperties": false
        },
        "setting": {
          "type": "object",
          "required": ["name", "description", "type", "default"],
          "properties": {
            "name": { "type": "string" },
            "description": { "type": "string" },
            "type": { "enum": ["bool", "text", "number", "apikey", "file", "int_list"] },
            "default": true,
            "meta": { "type": "object", "minProperties": 1 }
          },
          "additionalProperties": false,
          "allOf": [
            {
              "if": { "properties": { "type": { "const": "bool" } } },
              "then": {
                "properties": {
                  "default": { "type": "boolean" },
                  "meta": {
                    "properties": {
                      "domains": { "$ref": "#/$defs/texts" },
                      "rules": { "$ref": "#/$defs/rules" },
                      "side_effect": { "const": "toggle_theme" }
                    },
                    "additionalProperties": false
                  }
                }
              }
            },
            {
              "if": { "properties": { "type": { "const": "text" } } },
              "then": {
                "properties": {
                  "default": { "type": "string" },
                  "meta": {
                    "properties": {
                      "env_vars": { "$ref": "#/$defs/texts" },
                      "format": { "const": "domain_list" }
                    },
                    "additionalProperties": false
                  }
                }
              }
            },
            {
              "if": { "properties": { "type": { "const": "number" } } },
              "then": {
                "properties": {
                  "default": { "type": "integer" },
                  "meta": {
                    "properties": {
                      "min": { "type": "integer" },
                      "max": { "type": "integer" },
                      "step": { "type": "integer", "minimum": 1 }
                    },
                    "dependentRequired": { "min": ["max"], "max": ["min"] },
                    "additionalProperties": false
                  }
                }
              }
            },
            {
              "if": { "properties": { "type": { "const": "apikey" } } },
              "then": {
                "properties": {
                  "default": { "type": "string" },
                  "meta": {
                    "properties": {
                      "env_vars": { "$ref": "#/$defs/texts" },
                      "docs_url": { "type": "string" },
                      "prefix": { "type": "string" }
                    },
                    "additionalProperties": false
                  }
                }
              }
            },
            {
              "if": { "properties": { "type": { "const": "file" } } },
              "then": {
                "properties": {
                  "default": {
                    "type": "object",
                    "required": ["path", "content"],
                    "properties": { "path": { "type": "string" }, "content": { "type": "string" } },
                    "additionalProperties": false
                  },
                  "meta": {
                    "properties": { "filetype": { "enum": ["json", "toml", "conf", "bash"] } },
                    "additionalProperties": false
                  }
                }
              }
            },
            {
              "if": { "properties": { "type": { "const": "int_list" } } },
              "then": {
                "properties": {
                  "default": { "type": "array", "items": { "type": "integer" } },
                  "meta": false
                }
              }
            }
          ]
        },
        "rules": {
          "description": "The methods that the switch permits; none when it is empty.",
          "type": "object",
          "properties": {
            "default": {
              "type": "object",
              "minProperties": 1,
              "properties": { "get": { "const": true }, "post": { "const": true } },
              "additionalProperties": false
            }
          },
          "additionalProperties": false
        },
        "server": {
          "type": "object",
          "required": ["name", "description", "transport", "enabled"],
          "properties": {
            "name": { "type": "string" },
            "description": { "type": "string" },
            "transport": { "enum": ["stdio", "sse"] },
            "command": { "type": "string", "minLength": 1 },
            "url": { "type": "string", "minLength": 1 },
            "args": { "$ref": "#/$defs/texts", "minItems": 1 },
            "env": { "$ref": "#/$defs/table" },
            "headers": { "$ref": "#/$defs/table" },
            "builtin": { "const": true },
            "enabled": { "type": "boolean" }
          },
          "additionalProperties": false,
          "if": { "properties": { "transport": { "const": "stdio" } } },
          "then": { "required": ["command"] },
          "else": { "required": ["url"] }
        },
        "texts": { "type": "array", "items": { "type": "string" } },
        "table": { "type": "object", "minProperties": 1, "additionalProperties": { "type": "string" } }
      }
    }

    """#
}
