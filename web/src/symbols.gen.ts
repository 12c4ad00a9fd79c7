// Made by scripts/symbols.mjs with milsymbol (MIT, © Måns Beckman). Do not edit.

export interface Symbol {
  sidc: string;
  viewBox: string;
  body: string;
}

export const SYMBOLS: Record<string, Symbol> = {
  "hostile-missile": {
    sidc: "10260200001100000000",
    viewBox: "40 10 132 145",
    body: "<path d=\"M 45,150 L45,70 100,20 155,70 155,150\" stroke-width=\"5\" stroke=\"black\" fill=\"rgb(255,128,128)\" fill-opacity=\"1\"></path><path d=\"m 87,135 v -11 l 6,-5 V 65 l 7,-10 7,10 v 54 l 6,5 v 11 l -13,-10 z\" stroke-width=\"3\" stroke=\"black\" fill=\"rgb(255,255,128)\"></path><text x=\"145\" y=\"40\" text-anchor=\"start\" font-size=\"35\" font-weight=\"bold\" dominant-baseline=\"middle\" fill=\"black\">S</text>",
  },
  "suspect-missile": {
    sidc: "10250200001100000000",
    viewBox: "40 10 132 145",
    body: "<path d=\"M 45,150 L45,70 100,20 155,70 155,150\" stroke-width=\"5\" stroke=\"black\" fill=\"rgb(255,128,128)\" fill-opacity=\"1\"></path><path d=\"M 45,150 L45,70 100,20 155,70 155,150\" stroke-width=\"6\" stroke-dasharray=\"4,4\" stroke=\"rgb(239, 239, 239)\" fill=\"none\"></path><path d=\"m 87,135 v -11 l 6,-5 V 65 l 7,-10 7,10 v 54 l 6,5 v 11 l -13,-10 z\" stroke-width=\"3\" stroke=\"black\" fill=\"rgb(255,255,128)\"></path><text x=\"145\" y=\"40\" text-anchor=\"start\" font-size=\"35\" font-weight=\"bold\" dominant-baseline=\"middle\" fill=\"black\">S</text>",
  },
  "friend-missile": {
    sidc: "10230200001100000000",
    viewBox: "40 10 152 145",
    body: "<path d=\"M 155,150 C 155,50 115,30 100,30 85,30 45,50 45,150\" stroke-width=\"5\" stroke=\"black\" fill=\"rgb(128,224,255)\" fill-opacity=\"1\"></path><path d=\"m 87,135 v -11 l 6,-5 V 65 l 7,-10 7,10 v 54 l 6,5 v 11 l -13,-10 z\" stroke-width=\"3\" stroke=\"black\" fill=\"rgb(255,255,128)\"></path><text x=\"165\" y=\"40\" text-anchor=\"start\" font-size=\"35\" font-weight=\"bold\" dominant-baseline=\"middle\" fill=\"black\">S</text>",
  },
  "hostile-uav": {
    sidc: "10260100001103000000",
    viewBox: "40 10 132 145",
    body: "<path d=\"M 45,150 L45,70 100,20 155,70 155,150\" stroke-width=\"5\" stroke=\"black\" fill=\"rgb(255,128,128)\" fill-opacity=\"1\"></path><path d=\"m 60,84 40,20 40,-20 0,8 -40,25 -40,-25 z\" stroke-width=\"3\" stroke=\"none\" fill=\"black\"></path><text x=\"145\" y=\"40\" text-anchor=\"start\" font-size=\"35\" font-weight=\"bold\" dominant-baseline=\"middle\" fill=\"black\">S</text>",
  },
  "suspect-uav": {
    sidc: "10250100001103000000",
    viewBox: "40 10 132 145",
    body: "<path d=\"M 45,150 L45,70 100,20 155,70 155,150\" stroke-width=\"5\" stroke=\"black\" fill=\"rgb(255,128,128)\" fill-opacity=\"1\"></path><path d=\"M 45,150 L45,70 100,20 155,70 155,150\" stroke-width=\"6\" stroke-dasharray=\"4,4\" stroke=\"rgb(239, 239, 239)\" fill=\"none\"></path><path d=\"m 60,84 40,20 40,-20 0,8 -40,25 -40,-25 z\" stroke-width=\"3\" stroke=\"none\" fill=\"black\"></path><text x=\"145\" y=\"40\" text-anchor=\"start\" font-size=\"35\" font-weight=\"bold\" dominant-baseline=\"middle\" fill=\"black\">S</text>",
  },
  "unknown-fixed-wing": {
    sidc: "10210100001101000000",
    viewBox: "20 10 172 145",
    body: "<path d=\"M 65,150 c -55,0 -50,-90 0,-90 0,-50 70,-50 70,0 50,0 55,90 0,90\" stroke-width=\"5\" stroke=\"black\" fill=\"rgb(255,255,128)\" fill-opacity=\"1\"></path><path d=\"M 99.4 80.8 C 97.9 81.1 98.1 83.4 98.1 83.4 L 98 90.7 L 78.6 107.4 L 79.3 109.4 L 98.1 98.3 L 98.3 112.9 L 93.9 116.6 L 93.9 118.7 L 98.8 116.8 C 99.1 117 99.7 117.5 99.7 117.5 C 99.7 117.5 100.4 117 100.7 116.8 L 105.6 118.7 L 105.6 116.6 L 101.1 112.9 L 101.3 98.3 L 120.2 109.4 L 120.9 107.4 L 101.5 90.7 L 101.3 83.4 C 101.3 83.4 101.6 81.1 100 80.8 C 99.8 80.8 99.6 80.8 99.4 80.8 z\" stroke-width=\"3\" stroke=\"black\" fill=\"black\"></path><text x=\"165\" y=\"40\" text-anchor=\"start\" font-size=\"35\" font-weight=\"bold\" dominant-baseline=\"middle\" fill=\"black\">S</text>",
  },
  "neutral-civil": {
    sidc: "10240100001201000000",
    viewBox: "40 10 152 145",
    body: "<path d=\"M 45,150 L 45,30,155,30,155,150\" stroke-width=\"5\" stroke=\"black\" fill=\"rgb(255,161,255)\" fill-opacity=\"1\"></path><path d=\"m 75.1,90.3 19.6,0 0,-6.5 10.5,0 0,6.5 19.6,0 0,9.7 -19.6,0 0,16.2 6.5,0 0,3.2 -23.6,0 0,-3.2 6.5,0 0,-16.2 -19.6,0 z m 21.6,-6.5 0,-3.2 6.5,0 0,3.2\" stroke-width=\"3\" stroke=\"black\" fill=\"rgb(239, 239, 239)\"></path><text x=\"165\" y=\"40\" text-anchor=\"start\" font-size=\"35\" font-weight=\"bold\" dominant-baseline=\"middle\" fill=\"black\">S</text>",
  },
  "unknown-balloon": {
    sidc: "10210100001204000000",
    viewBox: "20 10 172 145",
    body: "<path d=\"M 65,150 c -55,0 -50,-90 0,-90 0,-50 70,-50 70,0 50,0 55,90 0,90\" stroke-width=\"5\" stroke=\"black\" fill=\"rgb(255,161,255)\" fill-opacity=\"1\"></path><circle cx=\"100\" cy=\"95\" r=\"15\" stroke-width=\"3\" stroke=\"black\" fill=\"rgb(239, 239, 239)\"></circle><path d=\"M95,110 l0,10 10,0 0,-10 z\" stroke-width=\"3\" stroke=\"black\" fill=\"rgb(239, 239, 239)\"></path><text x=\"165\" y=\"40\" text-anchor=\"start\" font-size=\"35\" font-weight=\"bold\" dominant-baseline=\"middle\" fill=\"black\">S</text>",
  },
  "unknown-air": {
    sidc: "10210100000000000000",
    viewBox: "20 10 172 145",
    body: "<path d=\"M 65,150 c -55,0 -50,-90 0,-90 0,-50 70,-50 70,0 50,0 55,90 0,90\" stroke-width=\"5\" stroke=\"black\" fill=\"rgb(255,255,128)\" fill-opacity=\"1\"></path><text x=\"165\" y=\"40\" text-anchor=\"start\" font-size=\"35\" font-weight=\"bold\" dominant-baseline=\"middle\" fill=\"black\">S</text>",
  },
};
